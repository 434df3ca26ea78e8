"""Gives the demo one of each thing that a page shows, so that there is a page of it to look at."""

from __future__ import annotations

import json
import secrets
from io import BytesIO
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from issuers.demo import DemoAccount
from issuers.roles import Role
from registry.keyrings import REGISTRY
from tests.browser.conftest import Site

COLLEGE = "S000022000003"
WORKER = "pages"


def furnish(site: Site) -> tuple[dict[str, list[str]], dict[str, DemoAccount]]:
    """Where else each role starts, and accounts that the demo has not."""
    archive = make_archive(site)
    starts = {
        "nobody": ["/app/shell", f"/v/{site.revoked().code}", f"/w/{site.revoked().code}", "/v/unknown"],
        "registrar": [f"/registrar/archives/{archive}"],
        "college": ["/console/report"],
        "employer": [f"/employer/checks/{check_list(site)}"],
    }
    publish_report(site)
    return starts, {"college": make_account(site, COLLEGE)}


def make_archive(site: Site) -> str:
    """An archive with an entry and a subsidy."""
    person = {name: site.demo.holder[name] for name in ("name", "id_type", "id_number")}
    code: str = call(site, REGISTRY, "POST", "/archives/search", {"holder": person, "open": True})["archive"][
        "code"
    ]
    post: dict[str, Any] = {
        "post": "ordinary",
        "employer": "示例公司",
        "region": "330106",
        "from": "2024-01-01",
    }
    post["occupation"] = "6-31-01-03"
    call(
        site, REGISTRY, "POST", f"/archives/{code}/entries", {"kind": "post", "facts": post, "source": "示例"}
    )
    rate = {"region": "330000", "kind": "skill_level", "level": "3", "amount": 1500, "from": "2026-01-01"}
    call(site, REGISTRY, "POST", "/subsidies/rates", rate | {"source": "示例公告〔2026〕1号"})
    claim = {"holder": person, "certificate": site.demo.certificate.number, "region": "330106"}
    call(site, REGISTRY, "POST", "/subsidies/claims", claim)
    return code


def publish_report(site: Site) -> None:
    """A college's annual report."""
    body = {"texts": ["示例段落"] * 6, "amounts": {"public_trainings": 120, "enrolled_students": 100}}
    call(site, COLLEGE, "PUT", f"/reports/{site.services.registry.clock().year}", body)


def check_list(site: Site) -> str:
    """An employer's list, checked to its end."""
    desk, employers = site.services.bulk, site.services.issuers.employers
    listed = f"code\n{site.demo.certificate.code}\n{site.revoked().code}\n"
    job = desk.receive(
        BytesIO(listed.encode()), employers.find("demo-employer"), by=site.account_of("employer").name
    )
    while desk.work_once(WORKER):
        pass
    return job


def make_account(site: Site, owner: str) -> DemoAccount:
    """A clerk of another assessor."""
    name, password = "college", secrets.token_urlsafe(12)
    site.services.issuers.assessors.set_account(name, owner, password, Role.CLERK)
    return DemoAccount(name, Role.CLERK, password)


def call(site: Site, owner: str, method: str, path: str, body: dict[str, Any]) -> Any:
    """A call of the API with a token of ``owner``."""
    token = site.services.issuers.assessors.new_token(owner, label="pages", at=site.services.registry.clock())
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    asked = Request(f"{site.origin}/api/v1{path}", json.dumps(body).encode(), headers, method=method)
    try:
        with urlopen(asked) as answer:
            return json.load(answer)
    except HTTPError as refused:  # the demo's own data, no personal datum
        raise AssertionError(f"{path}: {refused.read().decode()}") from None
