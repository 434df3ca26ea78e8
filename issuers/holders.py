"""Holders by region, for the bureaus: the highly skilled (NM-15), and who may sit the next assessment (NM-02).

Two tiers, region and city (NM-15: 自治区、盟市两级): a region's list holds every place inside it. Names and numbers
of documents are masked even here; who needs the person opens the archive.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request

from issuers.assessor import Assessor
from issuers.routes import authenticate_registrar
from issuers.services import issuers
from issuers.session import bureau_only
from registry.certificate import CertificateRecord
from registry.credential import parse_credential, read_face
from registry.http import answer_json
from registry.levels import find_level, levels
from registry.masking import mask_name
from registry.people import open_holder
from registry.places import contains, find_place
from registry.services import registry
from registry.view import Json, describe_face, describe_place

HIGHLY_SKILLED_FROM = "3"  # 高级工 is the first level paid as 高技能人才 (S2 L36; S3 L39)
PREPARATORY = "preparatory_technician"

holders_api = Blueprint("holders_api", __name__, url_prefix="/api/v1/holders")
holders_api.before_request(authenticate_registrar)
holders_pages = Blueprint("holders", __name__, url_prefix="/registrar", template_folder="templates")


@holders_api.get("/highly-skilled")
def highly_skilled() -> Response:
    """Holders of level 3 and above in a region, newest first (NM-15)."""
    return answer_json(_highly_skilled())


@holders_api.get("/candidates")
def candidates() -> Response:
    """Preparatory technicians of a region, with the day from which each may apply (NM-02, NM-01)."""
    return answer_json(_candidates())


@holders_pages.get("/holders")
@bureau_only
def holders() -> str:
    """Both lists for a region."""
    return render_template(
        "issuers/holders.html", skilled=_highly_skilled(), candidates=_candidates(), region=_region()
    )


def _highly_skilled() -> Json:
    first = find_level(HIGHLY_SKILLED_FROM).rank
    wanted = [level.id for level in levels() if level.rank >= first]
    return _list(["skill_level"], wanted, _describe)


def _candidates() -> Json:
    return _list([PREPARATORY], [None], _describe_candidate)


def _list(kinds: list[str], wanted: list[Any], describe: Any) -> Json:
    region = _region()
    assessors = [one.id for one in issuers().assessors.all() if _works_in(one, region)]
    found, following = registry().searching.holders(
        assessors, kinds=kinds, levels=wanted, region=region, before=request.args.get("before") or None
    )
    return {"region": describe_place(region), "holders": [describe(one) for one in found], "next": following}


def _region() -> str:
    return find_place(request.args.get("region") or "000000").code


def _works_in(assessor: Assessor, region: str) -> bool:
    return any(
        contains(held.region, region) or contains(region, held.region) for held in assessor.accreditations
    )


def _describe(record: CertificateRecord) -> Json:
    face = read_face(parse_credential(record.credential))
    shown = describe_face(face)
    kept = ("number", "kind", "occupation", "job", "level", "issued_on", "region")
    return {name: shown[name] for name in kept} | {
        "holder": {"name": mask_name(face.holder.name)},
        "assessor": {"id": face.issuer.id, "name": face.issuer.name},
    }


def _describe_candidate(record: CertificateRecord) -> Json:
    desk = registry().archive_desk
    holder = open_holder(registry().vault, record.holder, code=record.code)
    found = desk.find(desk.person(holder.id_type, holder.id_number), by="registry")
    eligibility = desk.dossier(found, region=record.region).career.preparatory
    return _describe(record) | {
        "archive": found.code,
        "may_apply": bool(eligibility and eligibility.may),
        "apply_from": eligibility.apply_from.isoformat() if eligibility and eligibility.apply_from else None,
        "missing": list(eligibility.missing) if eligibility else [],
    }
