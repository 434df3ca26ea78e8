"""Entitlement statements: made for a worker's archive by a registrar, verified like a certificate."""

from __future__ import annotations

from flask import Blueprint, Response, request

from issuers.routes import authenticate_registrar
from issuers.session import note, registrars_only
from keys.errors import Refused
from keys.jcs import canonicalize
from keys.proof import sign
from registry.archive.desk import Dossier
from registry.archive.holdings import Holding
from registry.credential import MEDIA_TYPE, Holder
from registry.keyrings import REGISTRY
from registry.masking import mask, mask_name
from registry.policy.loading import load_policies
from registry.services import registry
from registry.state import State
from registry.statement import Answered, Statement, build_statement, cited_rule_sets, stated_at
from registry.view import Json, describe_place
from registry.workers.desk import workers
from verify.statement_check import StatementEvidence, StatementVerdict, check_statement
from verify.verdict import Outcome
from verify.view import describe_document_verdict, find_benefits

statements_api = Blueprint("statements_api", __name__, url_prefix="/api/v1")
statements_pages = Blueprint("statements", __name__)


@statements_api.post("/archives/<code>/statement")
def make(code: str) -> Response:
    """The signed statement for an archive, for the rules of ``?region=`` (by default its newest certificate's)."""
    authenticate_registrar()
    return Response(_make_statement(code), 201, mimetype=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


@statements_pages.post("/registrar/archives/<code>/statement")
@registrars_only
def download(code: str) -> Response:
    """The signed statement as a file."""
    headers = {"Content-Disposition": 'attachment; filename="statement.json"', "Cache-Control": "no-store"}
    return Response(_make_statement(code), mimetype=MEDIA_TYPE, headers=headers)


def verify_statement(document: bytes) -> StatementVerdict:
    """The verdict on a statement somebody sent."""
    here = registry()
    evidence = StatementEvidence(here.keyrings.ring(REGISTRY), load_policies(), _state_of)
    verdict = check_statement(document, evidence, at=here.clock())
    _note_look(verdict)
    return verdict


def _note_look(verdict: StatementVerdict) -> None:
    """For the worker whose statement it is, where they have a page to see it on."""
    if verdict.outcome is not Outcome.VALID or verdict.statement is None:
        return
    desk, stated = workers(), verdict.statement
    found = desk.record.find(stated.answers[0].code)
    archive = desk.archives.archives.of_key(found.person) if found else None
    if archive and desk.accounts.of_archive(archive):
        desk.looks.note(archive.code, "statement", stated.on.isoformat(), at=desk.clock())


def describe_statement_verdict(verdict: StatementVerdict) -> Json:
    """The verdict as JSON, in the shape of a certificate's; ``statement`` only when it is valid."""
    return describe_document_verdict(verdict) | {
        "statement": _describe(verdict.statement) if verdict.outcome is Outcome.VALID else None
    }


def _make_statement(code: str) -> bytes:
    here = registry()
    desk = here.archive_desk
    dossier = desk.dossier(desk.archives.get(code), region=request.args.get("region") or None)
    key_id, key = here.signing_key(REGISTRY)
    statement = _statement(dossier, key_id.partition("#")[0])
    signed = sign(build_statement(statement), key=key, verification_method=key_id, created=here.clock())
    told = {"region": statement.region, "certificates": len(statement.answers)}
    note("statement.made", f"archive:{code}", after=told)
    return canonicalize(signed)


def _statement(dossier: Dossier, registry_did: str) -> Statement:
    region = dossier.career.region
    answers = tuple(_answer(one, dossier, region) for one in dossier.holdings if one.standing and one.code)
    if not answers:
        raise Refused("statement.nothing_held", field="code")
    holder = dossier.holder
    return Statement(
        origin=registry().settings.origin,
        id=stated_at(registry().clock()),
        registry=registry_did,
        holder=Holder(holder.name, holder.id_type, mask(holder.id_number)),
        on=dossier.on,
        region=region,
        answers=answers,
        rule_sets=cited_rule_sets(load_policies(), answers),
    )


def _answer(held: Holding, dossier: Dossier, region: str) -> Answered:
    found = find_benefits(held.kind, held.level, held.occupation, region, dossier.on, held.issued_on)
    assert held.code is not None  # noqa: S101 - only certificates issued here are answered for
    return Answered(held.number, held.code, found)


def _state_of(code: str) -> State | None:
    found = registry().record.find(code)
    return found.state if found else None


def _describe(statement: Statement | None) -> Json | None:
    if statement is None:
        return None
    holder = statement.holder
    return {
        "on": statement.on.isoformat(),
        "region": describe_place(statement.region),
        "holder": {
            "name": mask_name(holder.name),
            "id_type": holder.id_type,
            "id_number": holder.masked_number,
        },
        "answers": [{"number": one.number, "benefits": one.benefits} for one in statement.answers],
        "rule_sets": dict(statement.rule_sets),
    }
