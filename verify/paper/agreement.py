"""A PDF says the same twice: in the certificate attached inside it, and in the code on its page. Pure."""

from __future__ import annotations

from dataclasses import replace

from verify.verdict import Check, Outcome, Result, Verdict

ALTERED = frozenset({Outcome.BROKEN, Outcome.UNTRUSTED})


def compare(attached: Verdict, code: Verdict) -> Verdict:
    """The verdict on the attached certificate; broken where the code is altered, or another certificate's."""
    if attached.face is None or attached.outcome in ALTERED:
        return attached
    same = code.face is not None and code.face.code == attached.face.code and _says_the_same(attached, code)
    undecided = code.face is None and code.outcome is Outcome.UNKNOWN  # of ours, but nothing could be asked
    if code.outcome not in ALTERED and (same or undecided):
        return attached
    failed = Check("format", Result.FAILED, "qr.not_the_attached")
    return replace(attached, outcome=Outcome.BROKEN, checks=(failed, *attached.checks), face=None, past=None)


def _says_the_same(attached: Verdict, code: Verdict) -> bool:
    mine, its = attached.face, code.face
    return (
        mine is not None
        and its is not None
        and (mine.number, mine.kind, mine.level, mine.holder) == (its.number, its.kind, its.level, its.holder)
        and (mine.occupation.code, mine.issued_on, mine.status)
        == (its.occupation.code, its.issued_on, its.status)
    )
