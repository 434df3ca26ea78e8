"""Command line of the rules: check the files, show a rule, explain an answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from importlib.resources import files

import click

from registry.policy.answers import Answer, Note, Step
from registry.policy.benefits import benefits
from registry.policy.loading import load_policies, read_policies
from registry.policy.model import Policies, Rule
from registry.policy.publishing import document_digest, search_rules

DAY = click.DateTime(["%Y-%m-%d"])
NOT_FOUND = 3


@click.group("policy")
def policy_commands() -> None:
    """The rules of the documents, as data."""


@policy_commands.command("check")
def check_command() -> None:
    """Check every rule file against its schema and every rule against its recorded digest."""
    read_policies(files("registry.policy") / "data")
    policies = load_policies()
    for document in policies.documents:
        count = sum(rule.document is document for rule in policies.rules)
        click.echo(f"{document_digest(policies, document.id)[:16]}  {count:>4}  {document.id}")
    click.echo(f"{len(policies.rules)} rules in {len(policies.documents)} documents: nothing was edited")


@policy_commands.command("show")
@click.argument("rule_id")
@click.option("--on", "day", type=DAY, help="the row in force on that day; else the last one")
@click.pass_context
def show_command(context: click.Context, rule_id: str, day: datetime | None) -> None:
    """Show the rule RULE_ID: clause, quotation, parameters. Other words are searched for."""
    policies = load_policies()
    rule = policies.find(rule_id.upper(), day.date() if day else None)
    if rule is not None:
        click.echo("\n".join(_tell_rule(policies, rule)))
        return
    found = () if policies.find(rule_id.upper()) else search_rules(policies, rule_id)
    for one in found:
        click.echo(f"{one.id}  {one.document.title} {one.clause}  {one.en}")
    if not found:
        context.exit(NOT_FOUND)


@policy_commands.command("explain")
@click.option("--level", help="apprentice 5 4 3 2 1 special chief")
@click.option("--region", default="000000", show_default=True, help="place code, six digits")
@click.option("--on", "day", type=DAY, help="default: today")
@click.option("--kind", default="skill_level", show_default=True)
@click.option("--occupation", help="code of the 职业分类大典")
@click.option("--held-since", type=DAY, help="the day the level was reached")
def explain_command(
    level: str | None,
    region: str,
    day: datetime | None,
    kind: str,
    occupation: str | None,
    held_since: datetime | None,
) -> None:
    """Answer what a level brings, and say by which rule, clause and steps."""
    found = benefits(
        load_policies(),
        kind=kind,
        level=level,
        occupation=occupation,
        region=region,
        on=day.date() if day else _today(),
        held_since=held_since.date() if held_since else None,
    )
    answers = (*found.allowances, *found.titles, *found.education, *found.subsidies)
    for answer in answers:
        click.echo("\n".join(_tell_answer(answer)))
    for note in found.notes:
        click.echo("\n".join(_tell_note(note)))


def _today() -> date:
    return date.today()  # noqa: DTZ011 - the day on the wall of who sits here


def _tell_rule(policies: Policies, rule: Rule) -> Iterator[str]:
    window = rule.window
    yield f"{rule.id}  {rule.document.title} {rule.document.number or ''}  {rule.clause}"
    yield f"  {rule.en}"
    yield f"  “{rule.quote}”"
    yield f"  {rule.strength} · {rule.kind} · {rule.place} · {window.since} – {window.until or '…'}"
    for name, value in rule.figures.items():
        yield f"  {name} = {value}"
    for row in rule.rows:
        yield "  " + "  ".join(f"{name} = {value}" for name, value in row.items())
    for name, words in rule.words.items():
        yield f"  {name}: {', '.join(words)}"
    yield f"  {rule.coverage.status} · SHA-256 {rule.digest}"
    earlier = [one for one in policies.rules if one.id == rule.id and one is not rule]
    yield from (f"  also: {one.window.since} – {one.window.until or '…'}" for one in earlier)


def _tell_answer(answer: Answer) -> Iterator[str]:
    yield f"{answer.rule.id}  {answer.text.zh}"
    yield f"  {answer.text.en}"
    yield f"  {answer.document.title} {answer.rule.clause}: “{answer.rule.quote}”"
    yield from _tell_steps(answer.steps)
    yield ""


def _tell_steps(steps: Iterable[Step]) -> Iterator[str]:
    for place, step in enumerate(steps, start=1):
        yield f"  {place}. {step.text.zh}"
        yield f"     {step.text.en}"


def _tell_note(note: Note) -> Iterator[str]:
    yield f"-  {note.text.zh}"
    yield f"   {note.text.en}"
