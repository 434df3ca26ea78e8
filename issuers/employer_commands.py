"""Command line of the issuers' room for employers: add, account, token, list."""

from __future__ import annotations

import click

from issuers.commands import Opener, note
from issuers.employers import OWNER_PREFIX


@click.group("employer")
def employer_commands() -> None:
    """Employers that may check many certificates at once."""


@employer_commands.command("add")
@click.argument("employer_id")
@click.option("--name", required=True, help="as registered")
@click.option("--credit-code", required=True, help="unified social credit code, 18 characters")
@click.pass_obj
def add(opener: Opener, employer_id: str, name: str, credit_code: str) -> None:
    """Register an employer. EMPLOYER_ID is a short word: small letters, digits, hyphens."""
    with opener() as services:
        added = services.issuers.employers.add(employer_id, name=name, credit_code=credit_code)
        note("employer.added", added.owner, services.registry)
        click.echo(added.owner)


@employer_commands.command("account")
@click.argument("employer_id")
@click.argument("name")
@click.password_option(help="asked for when not given")
@click.pass_obj
def account(opener: Opener, employer_id: str, name: str, password: str) -> None:
    """Make an account for the employer's pages, or give it a new password."""
    with opener() as services:
        made = services.issuers.assessors.set_account(name, OWNER_PREFIX + employer_id, password)
        note("account.made", f"account:{made.name}", services.registry, after={"owner": made.owner})


@employer_commands.command("token")
@click.argument("employer_id")
@click.option("--label", default="command line", show_default=True)
@click.pass_obj
def token(opener: Opener, employer_id: str, label: str) -> None:
    """Make a bearer token for the API. It is shown this once."""
    with opener() as services:
        owner, at = OWNER_PREFIX + employer_id, services.registry.clock()
        made = services.issuers.assessors.new_token(owner, label=label, at=at)
        note("token.made", f"token:{owner}", services.registry, after={"label": label})
        click.echo(made)


@employer_commands.command("list")
@click.pass_obj
def list_employers(opener: Opener) -> None:
    """List all employers."""
    with opener() as services:
        for employer in services.issuers.employers.all():
            click.echo(f"{employer.id:<24}{employer.credit_code}  {employer.name}")
