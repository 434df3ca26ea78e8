"""Attached certificate and printed code: one certificate, or none to be trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from registry.credential import Face
from verify.paper.agreement import compare
from verify.verdict import Check, Outcome, Result, Verdict

AT = datetime(2026, 11, 23, tzinfo=UTC)


def verdict(outcome: Outcome, face: Face | None) -> Verdict:
    return Verdict(outcome, AT, (Check("signature", Result.PASSED, "signature.passed"),), face)


@pytest.mark.parametrize("outcome", [Outcome.VALID, Outcome.REVOKED, Outcome.EXPIRED, Outcome.UNKNOWN])
def test_where_both_say_the_same_the_attached_decides(
    outcome: Outcome, make_face: Callable[..., Face]
) -> None:
    attached = verdict(outcome, make_face())
    assert compare(attached, verdict(outcome, make_face())) == attached


@pytest.mark.parametrize("code", [Outcome.BROKEN, Outcome.UNTRUSTED])
def test_an_altered_code_breaks_the_file(code: Outcome, make_face: Callable[..., Face]) -> None:
    found = compare(verdict(Outcome.VALID, make_face()), verdict(code, None))
    assert (found.outcome, found.reason.code, found.face) == (Outcome.BROKEN, "qr.not_the_attached", None)


@pytest.mark.parametrize("changed", [{"code": "another"}, {"number": "S2"}, {"level": "1"}, {"name": "李四"}])
def test_a_code_of_another_certificate_breaks_the_file(changed: dict, make_face: Callable[..., Face]) -> None:
    found = compare(verdict(Outcome.VALID, make_face()), verdict(Outcome.VALID, make_face(**changed)))
    assert found.outcome is Outcome.BROKEN
    assert found.reason.code == "qr.not_the_attached"


def test_an_attached_file_that_is_broken_stays_so(make_face: Callable[..., Face]) -> None:
    attached = verdict(Outcome.BROKEN, None)
    assert compare(attached, verdict(Outcome.VALID, make_face())) == attached


def test_a_code_that_could_not_be_asked_about_decides_nothing(make_face: Callable[..., Face]) -> None:
    attached = verdict(Outcome.VALID, make_face())
    assert compare(attached, verdict(Outcome.UNKNOWN, None)) == attached


def test_only_what_is_compared_counts(make_face: Callable[..., Face]) -> None:
    attached = verdict(Outcome.VALID, make_face())
    told_less = replace(make_face(), region="000000")  # a code has no room for everything
    assert compare(attached, verdict(Outcome.VALID, told_less)) == attached
