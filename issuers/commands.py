"""Command line of the issuers' room: assessors, issue, revoke."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

import click

from issuers.accreditation import Accreditation
from issuers.admission import accredit, admit
from issuers.assessor import AssessorKind
from issuers.changes.states import revoke
from issuers.routes import find_in
from issuers.schemas import IssueSchema, load
from issuers.services import Issuers
from keys.strict_json import loads
from registry.audit.acts import Act, Facts
from registry.issuance import Issuance
from registry.keyrings import REGISTRY
from registry.services import Registry


class HasIssuers(Protocol):
    """Parts that hold the registry and the issuers."""

    @property
    def registry(self) -> Registry:
        """The registry."""

    @property
    def issuers(self) -> Issuers:
        """The issuers' parts."""


COMMAND_LINE = "command line"  # no account can be called so: it holds a space
Opener = Callable[[], AbstractContextManager[HasIssuers]]
DAY = click.DateTime(["%Y-%m-%d"])


def note(name: str, subject: str, registry: Registry, *, after: Facts | None = None) -> None:
    """Note an act of whoever sits at the command line: the machine's own log says who that is."""
    registry.acts.note(Act(name, COMMAND_LINE, REGISTRY, subject, registry.clock(), after=after or {}))


@click.group("assessor")
def assessor_commands() -> None:
    """Assessors: admit, accredit, end an accreditation, tokens, accounts."""


@assessor_commands.command("add")
@click.argument("assessor_id")
@click.option("--name", required=True, help="as filed (备案)")
@click.option("--kind", type=click.Choice([kind.value for kind in AssessorKind]), required=True)
@click.option("--credit-code", required=True, help="unified social credit code, 18 characters")
@click.option("--region", required=True, help="place code, six digits")
@click.pass_obj
def add(opener: Opener, assessor_id: str, name: str, kind: str, credit_code: str, region: str) -> None:
    """Admit an assessor and make its first key. ASSESSOR_ID is the 13-character head of its numbers."""
    with opener() as services:
        assessor = admit(
            services.issuers.assessors,
            services.registry,
            assessor_id,
            name=name,
            kind=AssessorKind(kind),
            credit_code=credit_code,
            region=region,
        )
        note("assessor.admitted", f"assessor:{assessor_id}", services.registry)
        click.echo(assessor.did)


@assessor_commands.command("accredit")
@click.argument("assessor_id")
@click.option("--id", "accreditation_id", required=True)
@click.option("--kind", default="skill_level", show_default=True)
@click.option(
    "--occupation", "occupations", multiple=True, required=True, help="CODE or CODE:EDITION; repeat"
)
@click.option("--level", "levels", multiple=True, help="apprentice 5 4 3 2 1 special chief; repeat")
@click.option("--region", required=True)
@click.option("--from", "start", type=DAY, required=True)
@click.option("--until", type=DAY, help="first day it no longer holds")
@click.option("--decision", required=True, help="number of the decision document")
@click.pass_obj
def accredit_assessor(  # noqa: PLR0913, PLR0917 - one option a column of the decision
    opener: Opener,
    assessor_id: str,
    accreditation_id: str,
    kind: str,
    occupations: tuple[str, ...],
    levels: tuple[str, ...],
    region: str,
    start: datetime,
    until: datetime | None,
    decision: str,
) -> None:
    """Record an accreditation."""
    pairs = frozenset(
        (code, edition or "2022") for code, _, edition in (o.partition(":") for o in occupations)
    )
    held = Accreditation(
        accreditation_id,
        kind,
        pairs,
        frozenset(levels),
        region,
        start.date(),
        until.date() if until else None,
        decision,
    )
    with opener() as services:
        accredit(services.issuers.assessors, assessor_id, held)
        note("accreditation.recorded", f"assessor:{assessor_id}", services.registry, after={"id": held.id})


@assessor_commands.command("end")
@click.argument("assessor_id")
@click.argument("accreditation_id")
@click.option("--on", "day", type=DAY, required=True, help="first day it no longer holds")
@click.pass_obj
def end(opener: Opener, assessor_id: str, accreditation_id: str, day: datetime) -> None:
    """End an accreditation; certificates issued before stay valid."""
    with opener() as services:
        services.issuers.assessors.end_accreditation(assessor_id, accreditation_id, on=day.date())
        after = {"id": accreditation_id, "ends": day.date().isoformat()}
        note("accreditation.ended", f"assessor:{assessor_id}", services.registry, after=after)


@assessor_commands.command("token")
@click.argument("assessor_id")
@click.option("--label", default="command line", show_default=True)
@click.pass_obj
def token(opener: Opener, assessor_id: str, label: str) -> None:
    """Make a bearer token for the API. It is shown this once."""
    with opener() as services:
        made = services.issuers.assessors.new_token(assessor_id, label=label, at=services.registry.clock())
        note("token.made", f"token:{assessor_id}", services.registry, after={"label": label})
        click.echo(made)


@assessor_commands.command("account")
@click.argument("assessor_id")
@click.argument("name")
@click.password_option(help="asked for when not given")
@click.pass_obj
def account(opener: Opener, assessor_id: str, name: str, password: str) -> None:
    """Make a console account, or give it a new password."""
    with opener() as services:
        made = services.issuers.assessors.set_account(name, assessor_id, password)
        note("account.made", f"account:{made.name}", services.registry, after={"owner": assessor_id})


@assessor_commands.command("list")
@click.pass_obj
def list_assessors(opener: Opener) -> None:
    """List all assessors."""
    today = date.today()  # noqa: DTZ011 - the day on the wall of who sits here
    with opener() as services:
        for assessor in services.issuers.assessors.all():
            current = sum(held.in_force(today) for held in assessor.accreditations)
            click.echo(f"{assessor.id}  {assessor.kind.value:<12} {current} in force  {assessor.name}")


@click.command("issue")
@click.argument("assessor_id")
@click.argument("request_file", type=click.Path(path_type=Path, allow_dash=True), default="-")
@click.pass_obj
def issue_command(opener: Opener, assessor_id: str, request_file: Path) -> None:
    """Issue one certificate for ASSESSOR_ID from a JSON request (file or standard input)."""
    data = sys.stdin.buffer.read() if str(request_file) == "-" else request_file.read_bytes()
    asked = load(IssueSchema(), loads(data))
    with opener() as services:
        assessor = services.issuers.assessors.find(assessor_id)
        record = services.issuers.desk.issue(asked, assessor, issuance=Issuance(COMMAND_LINE))
        click.echo(json.dumps({"number": record.number, "code": record.code}))


@click.command("revoke")
@click.argument("number")
@click.option("--reason", required=True, help="a code of issuers/data/reasons.toml")
@click.option("--by", required=True, help="who decides")
@click.pass_obj
def revoke_command(opener: Opener, number: str, reason: str, by: str) -> None:
    """Revoke the certificate NUMBER for good."""
    with opener() as services:
        registry = services.registry
        found = find_in(registry.record, number)
        changed = revoke(
            registry.record, found.code, reason=reason, by=by, at=registry.clock(), owner=REGISTRY
        )
        click.echo(changed.state.value)
