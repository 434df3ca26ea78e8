"""Accreditations as files: signed by the registry when somebody asks, verified like a certificate."""

from __future__ import annotations

from flask import Blueprint, Response

from issuers.accreditation import Accreditation
from issuers.accreditations.credential import Attested, attest, build_accreditation
from issuers.accreditations.view import describe_decision
from issuers.assessor import Assessor
from issuers.services import issuers
from issuers.view import describe_accreditation
from keys.errors import Refused
from keys.jcs import canonicalize
from keys.proof import sign
from registry.credential import MEDIA_TYPE, china_date
from registry.keyrings import REGISTRY
from registry.services import registry
from registry.view import Json
from verify.accreditation_check import (
    AccreditationEvidence,
    AccreditationVerdict,
    check_accreditation,
)
from verify.view import describe_document_verdict

accreditations_api = Blueprint("accreditations_api", __name__)


@accreditations_api.get("/assessors/<id>/accreditations/<accreditation>")
def accreditation_credential(id: str, accreditation: str) -> Response:  # noqa: A002 - the address's own word
    """An accreditation, signed by the registry as it stands now."""
    assessor = issuers().find_assessor(id)
    here = registry()
    key_id, key = here.signing_key(REGISTRY)
    said = _attest(assessor, _find(assessor, accreditation), key_id.partition("#")[0])
    signed = sign(build_accreditation(said), key=key, verification_method=key_id, created=here.clock())
    response = Response(canonicalize(signed), mimetype=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"  # it says what stands now
    response.headers["Content-Disposition"] = f'attachment; filename="{said.assessor_id}-{said.id}.json"'
    return response


def decisions_of(assessor_id: str) -> list[Json]:
    """What was decided about an assessor's accreditations, newest first; refusals are not public."""
    found = issuers().accreditations.cases.of_assessor(assessor_id, state="approve")
    return [describe_decision(one) for one in found]


def verify_accreditation(document: bytes) -> AccreditationVerdict:
    """The verdict on a file somebody sent."""
    here = registry()
    ring = here.keyrings.ring(REGISTRY)

    def known(assessor_id: str, accreditation: str) -> tuple[Attested, Accreditation] | None:
        try:
            assessor = issuers().assessors.find(assessor_id)
            held = _find(assessor, accreditation)
        except Refused:
            return None
        return _attest(assessor, held, ring.controller), held

    return check_accreditation(document, AccreditationEvidence(ring, known), at=here.clock())


def describe_accreditation_verdict(verdict: AccreditationVerdict) -> Json:
    """The verdict as JSON, in the shape of a certificate's; ``accreditation`` where its words can be believed."""
    said = _describe(verdict.said, verdict) if verdict.said else None
    return describe_document_verdict(verdict) | {"accreditation": said}


def _describe(said: Attested, verdict: AccreditationVerdict) -> Json:
    words = describe_accreditation(
        Accreditation(
            said.id,
            said.kind,
            frozenset(said.occupations),
            frozenset(said.levels),
            said.region,
            said.valid_from,
            said.valid_until,
            said.decision,
        ),
        on=china_date(verdict.as_of),
    )
    words["windows"] = [
        {"from": start.isoformat(), "until": until.isoformat() if until else None}
        for start, until in said.windows
    ]
    del words["state"], words["since"]
    return words | {
        "assessor": {"id": said.assessor_id, "name": said.assessor_name, "did": said.assessor_did}
    }


def _attest(assessor: Assessor, held: Accreditation, registry_did: str) -> Attested:
    return attest(assessor, held, origin=registry().settings.origin, registry=registry_did)


def _find(assessor: Assessor, accreditation: str) -> Accreditation:
    for held in assessor.accreditations:
        if held.id == accreditation:
            return held
    raise Refused("accreditation.unknown", field="accreditation")
