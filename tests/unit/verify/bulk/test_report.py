"""Results as text, their digest, and the report that signs it."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuers.employers import Employer
from keys.errors import Refused
from keys.jcs import canonicalize
from keys.pair import Algorithm, PrivateKey
from keys.proof import sign
from registry.spreadsheet import FORMULA_STARTS
from verify.bulk.report import ChunkDigest, build_report, check_results, read_report, verify_report
from verify.bulk.results import COLUMNS, HEADINGS_ZH, csv_head, csv_lines, digest, ndjson_lines, write_chunk
from verify.bulk.rows import Row
from verify.trust_list import only

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
JOB = {"_id": "j", "by": "hr", "received_at": NOW, "rows": 2_500, "facts": {"format": "csv", "sha256": "00"}}
ROWS = [[str(n), "", "", f"员工{n}", *[""] * 11] for n in range(2_500)]
CHUNKS = [ROWS[:1_000], ROWS[1_000:2_000], ROWS[2_000:]]
KEY = PrivateKey.generate(Algorithm.ED25519)


def make_report():
    digests = [
        ChunkDigest(len(chunk), digest(write_chunk(chunk)), "2026-11-23T04:00:00Z") for chunk in CHUNKS
    ]
    employer = Employer("power", "示例发电有限公司", "91150700000000035M")
    unsigned = build_report(
        JOB,
        employer,
        digests,
        {"valid": 2_499, "unknown": 1},
        {"3": 9, "1": 2},
        origin="https://example.test",
    )
    return sign(
        unsigned, key=KEY, verification_method=f"did:web:example.test#{KEY.public.multikey}", created=NOW
    )


REPORT = make_report()


def results(rows=ROWS, encoding="utf-8", **form):
    text = io.StringIO(csv_head("zh"))
    text.seek(0, io.SEEK_END)
    csv.writer(text, **form).writerows(rows)
    return io.BytesIO(text.getvalue().encode(encoding))


def refusal(rows):
    with pytest.raises(Refused) as refused:
        check_results(REPORT, results(rows))
    return refused.value.code, refused.value.params.get("row")


def test_a_report_verifies_and_fits_its_results():
    found = read_report(canonicalize(REPORT))
    verify_report(found, only(KEY.public))
    check_results(found, results())


@pytest.mark.parametrize("form", [{"lineterminator": "\n"}, {"quoting": csv.QUOTE_ALL}])
def test_results_saved_again_by_another_program_still_fit(form):
    check_results(REPORT, results(**form))


def test_every_changed_cell_is_noticed_and_placed():
    changed = [row[:] for row in ROWS]
    changed[1_700][3] = "别人"
    assert refusal(changed) == ("report.results_differ", 1_001)
    assert refusal([*ROWS[1:2], *ROWS[:1], *ROWS[2:]])[0] == "report.results_differ"
    assert refusal(ROWS[:-1])[0] == "report.results_differ"
    assert refusal([*ROWS, ROWS[0]]) == ("report.results_differ", 2_001)
    assert refusal([]) == ("report.results_differ", 1)
    assert refusal([row[:-1] for row in ROWS])[0] == "report.results_unreadable"


def test_every_changed_member_of_the_report_is_noticed():
    for name in REPORT.keys() - {"proof"}:
        with pytest.raises(Refused):
            verify_report(REPORT | {name: "x"}, only(KEY.public))


@pytest.mark.parametrize("document", [b"{}", b"[]", b"x", b'{"type":"BulkVerificationReport"'])
def test_what_is_no_report(document):
    with pytest.raises(Refused):
        read_report(document)


@pytest.mark.parametrize(
    "results_member",
    [None, {}, {"chunks": 1}, {"chunks": [{}], "chunkRows": 1}, {"chunks": [], "chunkRows": 0}],
)
def test_a_report_of_another_form_is_refused(results_member):
    with pytest.raises(Refused):
        check_results(REPORT | {"results": results_member}, results())


def test_headings_stand_for_all_columns_in_both_languages():
    assert len(HEADINGS_ZH) == len(COLUMNS)


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_cell_that_was_sent_starts_a_formula(name, ref):
    from verify.bulk.answers import describe, refuse  # noqa: PLC0415 - beside its only use
    from verify.bulk.results import cells_of  # noqa: PLC0415

    cells = cells_of(describe(Row(2, name=name, ref=ref), refuse("lookup.no_match", NOW)))
    (read,) = csv.reader(io.StringIO(csv_lines([cells]), newline=""))
    assert not any(cell.startswith(FORMULA_STARTS) for cell in read)
    assert json.loads(ndjson_lines([cells]))["ref"] == cells[1]
    assert read == cells


@given(st.lists(st.lists(st.text(max_size=8), min_size=2, max_size=2), max_size=5))
def test_the_digest_tells_any_two_chunks_apart(chunk):
    assert len({digest(write_chunk(other)) for other in (chunk, [*chunk, ["", ""]])}) == 2
