"""The coverage table: what the registry does about each of the 109 rules.

``python -m registry.policy.coverage > docs/rules.md`` writes it; a test proves it current.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields

from registry.policy.loading import load_policies
from registry.policy.model import Coverage, Document, Policies, Rule
from registry.policy.settings import DEFAULT_SETTINGS, describe_setting

STATUSES = {
    "computed": "computed: the function answers, the test proves it",
    "recorded": "recorded: a register or a field holds it",
    "reported": "reported: a statistic or a report shows it",
    "out_of_scope": "out of scope: no task of a registry, for the reason given",
}
_HEAD = """# The rules

Every rule of the five documents, and what the registry does about it. Generated from
`registry/policy/data` by `python -m registry.policy.coverage`; do not edit. The quotations stand in
the data files, with the figures taken from them.

To amend: a rule in force is never edited. Add a row with the same `id` and its own `from` day; it
ends the row before it. Then run `python -m registry.policy.digests`, which records the new row and
refuses any change of an old one, and write this page again.

"""
_READINGS = """
# Where the documents leave a question open

The defaults; an answer that used one names it. Which employer pays an allowance is left open: the
registry answers for the level. Expired documents and old lists answer for their own days only.
"""
_OTHERS = """
# Facts from outside the five documents

They answer with their grade: A text of a public document, B press or an office's page, C one
commercial page, D public code. Nothing of grade G (general knowledge) is a rule.
"""


def coverage_table(policies: Policies) -> str:
    """``docs/rules.md``: the counts, then one table a document, the five first and others after."""
    seeds = [document for document in policies.documents if document.grade == "seed"]
    others = [document for document in policies.documents if document.grade != "seed"]
    parts = [_HEAD, "\n".join(_counts(policies)), "\n"]
    parts += [_section(policies, document) for document in seeds]
    parts += [_readings(), _OTHERS]
    parts += [_section(policies, document) for document in others]
    return "".join(parts)


def _counts(policies: Policies) -> Iterator[str]:
    seeds = [rule for rule in policies.rules if rule.document.grade == "seed"]
    counts = Counter[str](rule.coverage.status for rule in seeds)
    yield f"{len({rule.id for rule in seeds})} rules:"
    yield ""
    for status, meaning in STATUSES.items():
        yield f"- {counts[status]} {meaning}"


def _section(policies: Policies, document: Document) -> str:
    until = document.window.until or "no end stated"
    number = f", {document.number}" if document.number else ""
    rules = [rule for rule in policies.rules if rule.document == document]
    about = (
        f"{document.title_en}. {document.issued_by}; place {document.place}; "
        f"in force from {document.window.since} to {until}; grade {document.grade}. {document.source}"
    )
    lines = [
        "",
        f"## {document.title}{number}",
        "",
        about,
        "",
        "| Id | Clause | Rule | Strength | Status | By | Test |",
        "|---|---|---|---|---|---|---|",
        *(_row(rule) for rule in rules),
        "",
    ]
    return "\n".join(lines)


def _readings() -> str:
    """The settings for what the documents leave open, with their defaults."""
    told = (describe_setting(DEFAULT_SETTINGS, field.name) for field in fields(DEFAULT_SETTINGS))
    lines = [f"- `{key}`: {text.en}" for key, text in told]
    return "\n".join((_READINGS, *lines, ""))


def _row(rule: Rule) -> str:
    by = (
        f"`{rule.coverage.function}`"
        if rule.coverage.function
        else rule.coverage.reason + _holder(rule.coverage)
    )
    test = f"`{rule.coverage.test.split('/')[-1]}`" if rule.coverage.test else ""
    status = rule.coverage.status.replace("_", " ")
    return f"| {rule.id} | {rule.clause} | {rule.en} | {rule.strength} | {status} | {by} | {test} |"


def _holder(coverage: Coverage) -> str:
    if coverage.status == "out_of_scope":
        return ""
    return f" (`{coverage.holder}`)" if coverage.holder else " (not built yet)"


if __name__ == "__main__":
    sys.stdout.write(coverage_table(load_policies()))
