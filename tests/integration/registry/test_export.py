"""The record as lines for the archives."""

from __future__ import annotations

import json
from contextlib import nullcontext

from click.testing import CliRunner

from registry.commands import export_command


def export(house, *words):
    done = CliRunner().invoke(export_command, words, obj=lambda: nullcontext(house.services))
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_every_certificate_is_a_line_with_its_exact_text_and_history(house, make_body):
    first = house.issued(make_body())
    house.clock.advance(days=1)
    second = house.issued(make_body(person=1), assessor=house.college)
    path = f"/api/v1/certificates/{second['number']}/revocation"
    house.client().post(path, json={"reason": "false_results"}, headers=house.headers(house.college))
    lines, said = export(house)
    assert [line["number"] for line in lines] == [first["number"], second["number"]]
    assert lines[0]["credential"] == first["credential"]
    assert lines[1]["state"] == lines[1]["changes"][0]["state"] == "revoked"
    assert "2 certificates" in said
    assert make_body()["holder"]["id_number"] not in json.dumps(lines)


def test_a_part_of_the_record(house, make_body):
    house.issued(make_body())
    house.clock.advance(days=1)
    later = house.issued(make_body(person=1))
    assert [line["number"] for line in export(house, "--since", "2026-11-23")[0]] == [later["number"]]
    assert export(house, "--assessor", house.college)[0] == []
