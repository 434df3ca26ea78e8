"""The entitlement statement: what the rules say for one worker on one day, signed by the registry.

Like a certificate it is a pure function of what it says, and is read by building it again. It cites the digest of every
rule set it rests on, so that a reader can tell whether the rules were amended since. Its answers are JSON as the
benefits API gives them, strengths and clauses included: what a document encourages stays encouraged here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from registry.credential import CONTEXT_CREDENTIALS, Credential, Holder, day_start
from registry.policy.model import Policies
from registry.policy.publishing import document_digest
from registry.reading_back import parse_object, read_back

CONTEXT_PATH = "/contexts/statement/v1"
TYPE = "EntitlementStatement"
MAX_BYTES = (
    1024 * 1024
)  # a worker with a hundred certificates: five kilobytes of answers each, in both languages

Json = dict[str, Any]


@dataclass(frozen=True)
class Answered:
    """A certificate and what the rules say for it (the document of ``registry.policy.answers``)."""

    number: str
    code: str
    benefits: Json = field(repr=False)


@dataclass(frozen=True)
class Statement:
    """Everything a statement says. ``rule_sets`` maps document ids to SHA-256 digests (hex)."""

    origin: str
    id: str
    registry: str
    holder: Holder = field(repr=False)
    on: date
    region: str
    answers: tuple[Answered, ...]
    rule_sets: Mapping[str, str]


def cited_rule_sets(policies: Policies, answers: Sequence[Answered]) -> dict[str, str]:
    """Digests of the documents that the answers cite, by document id."""
    cited = {
        answer["document"]["id"]
        for one in answers
        for topic in ("allowances", "titles", "education", "subsidies")
        for answer in one.benefits[topic]
    }
    return {document: document_digest(policies, document) for document in sorted(cited)}


def build_statement(statement: Statement) -> Credential:
    """The unsigned credential of a statement."""
    holder = statement.holder
    return {
        "@context": [CONTEXT_CREDENTIALS, statement.origin + CONTEXT_PATH],
        "id": f"{statement.origin}/statements/{statement.id}",
        "type": ["VerifiableCredential", TYPE],
        "issuer": statement.registry,
        "validFrom": day_start(statement.on),
        "credentialSubject": {
            "holder": {"name": holder.name, "idType": holder.id_type, "idMasked": holder.masked_number},
            "statedOn": statement.on.isoformat(),
            "region": statement.region,
            "answers": [
                {"certificateNumber": one.number, "code": one.code, "benefits": one.benefits}
                for one in statement.answers
            ],
            "ruleSets": dict(statement.rule_sets),
        },
    }


def is_statement(document: bytes) -> bool:
    """Whether a file looks like a statement; reading it decides."""
    return f'"{TYPE}"'.encode() in document


def parse_statement(document: bytes) -> Credential:
    """A statement's bytes as an object, strictly parsed. Refused ``json.*``, ``statement.shape``."""
    return parse_object(document, "statement.shape", max_bytes=MAX_BYTES)


def read_statement(credential: Mapping[str, Any]) -> Statement:
    """What a statement says. Refused ``statement.shape`` unless it is, member by member, what that builds."""
    return read_back(credential, _take, build_statement, "statement.shape")


def stated_at(moment: datetime) -> str:
    """An id for a statement made at ``moment``: sorts by time, names nobody."""
    return moment.strftime("%Y%m%dT%H%M%SZ")


def _take(credential: Mapping[str, Any]) -> Statement:
    origin, statement_id = credential["id"].rsplit("/statements/", 1)
    subject = credential["credentialSubject"]
    holder = subject["holder"]
    return Statement(
        origin=origin,
        id=statement_id,
        registry=credential["issuer"],
        holder=Holder(holder["name"], holder["idType"], holder["idMasked"]),
        on=date.fromisoformat(subject["statedOn"]),
        region=subject["region"],
        answers=tuple(
            Answered(one["certificateNumber"], one["code"], one["benefits"]) for one in subject["answers"]
        ),
        rule_sets={str(name): str(digest) for name, digest in subject["ruleSets"].items()},
    )
