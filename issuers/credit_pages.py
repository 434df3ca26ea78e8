"""The credit account of an archive: what was earned and converted, and the two forms that add to it (DG-07, JL-03)."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.archive_routes import desk
from issuers.archive_schemas import MAX_TEXT
from issuers.desk import Errors, do_act, filled, whole
from issuers.ledger_view import describe_credits
from issuers.session import bureau_only, note, registrars_only
from keys.errors import Refused
from registry.archive.export import describe_holding, summary
from registry.archive.store import Archive
from registry.ledgers.claims import find_holding
from registry.places import COUNTRY
from registry.policy.credits import ConversionRule, Result
from registry.view import Json, describe_kind, describe_level

credit_pages = Blueprint("credits", __name__, url_prefix="/registrar/archives", template_folder="templates")


@credit_pages.get("/<code>/credits")
@bureau_only
def account(code: str) -> ResponseReturnValue:
    """The account, the reward it reaches, and the forms."""
    return _show(desk().archives.get(code))


@credit_pages.post("/<code>/credits/earnings")
@registrars_only
def earn(code: str) -> ResponseReturnValue:
    """Enter credits for a result under a published rule."""
    found = desk().archives.get(code)

    def act() -> None:
        amount, rule = whole("credits"), _text("rule")
        desk().credits.earn(_code_of(found), _result(found), credits_=amount, rule=rule, on=desk().today)
        note("credit.earned", f"archive:{found.code}", why=rule, after={"credits": amount})

    return _do(found, act, _("Entered."))


@credit_pages.post("/<code>/credits/conversions")
@registrars_only
def convert(code: str) -> ResponseReturnValue:
    """Exempt from a course by a row of the conversion rules."""
    found = desk().archives.get(code)

    def act() -> None:
        rule = _rule(_text("conversion"))
        desk().credits.convert(
            _code_of(found),
            _result(found),
            school=rule.school,
            programme=rule.programme,
            course=rule.course,
            on=desk().today,
        )
        note("credit.converted", f"archive:{found.code}", why=rule.id, after={"course": rule.course})

    return _do(found, act, _("Converted. The result is used up by it."))


def _do(found: Archive, act: Callable[[], None], said: str) -> ResponseReturnValue:
    back = url_for("credits.account", code=found.code)
    return do_act(act, lambda errors: _show(found, errors), said, back=back)


def _code_of(found: Archive) -> Callable[[], str]:
    """The archive as it is when the account is written: merged meanwhile, the kept one answers."""
    return lambda: desk().archives.get(found.code).code


def _result(found: Archive) -> Result:
    return find_holding(desk().holdings(found), _text("result")).result


def _text(name: str) -> str:
    text = str(filled(name).get(name, ""))
    if not text:
        raise Refused("field.missing", field=name)
    if len(text) > MAX_TEXT:
        raise Refused("field.length", field=name)
    return text


def _rule(rule_id: str) -> ConversionRule:
    found = next((rule for rule in _rules() if rule.id == rule_id), None)
    if found is None:
        raise Refused("credit.no_rule", field="conversion")
    return found


def _rules() -> list[ConversionRule]:
    return [rule for rule in desk().tables.conversion_rules() if rule.window.covers(desk().today)]


def _show(found: Archive, errors: Errors | None = None) -> str:
    dossier = desk().dossier(found)
    region = next((one.region for one in dossier.holdings if one.region), COUNTRY)
    reward = desk().credits.reward(desk().policies(), dossier.credits, region=region, on=desk().today)
    return render_template(
        "issuers/credits.html",
        archive=summary(dossier),
        account=describe_credits(dossier.credits, reward),
        results=[describe_holding(one) for one in dossier.holdings if one.standing],
        conversions=[_describe(rule) for rule in _rules()],
        values=request.form,
        errors=errors or {},
    )


def _describe(rule: ConversionRule) -> Json:
    return {
        "id": rule.id,
        "school": rule.school,
        "programme": rule.programme,
        "course": rule.course,
        "kind": describe_kind(rule.kind),
        "level": describe_level(rule.level),
        "occupation": rule.occupation,
        "credits": rule.credits,
    }
