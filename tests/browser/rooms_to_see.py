"""Gives the demo one of each thing that a page shows, so that there is a page of it to look at."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pyotp

from issuers.accreditations.desk import Actor
from issuers.accreditations.life import Asked
from issuers.changes.reasons import Act, reasons_for
from issuers.changes.states import Decision
from issuers.demo import DemoAccount
from issuers.passwords import hash_password
from issuers.roles import Role
from registry.claiming import claim_link
from registry.credential import china_date
from registry.keyrings import REGISTRY
from registry.sharing.shares import Shares
from registry.wallets.offers import Offers
from registry.workers.accounts import Credentials, new_account_id
from registry.workers.helping import confirm_recovery, start_recovery
from registry.workers.recoveries import Desk
from registry.workers.requests import RequestKind, Subject
from tests.access_check import check_access
from tests.browser.conftest import Site
from tests.browser.test_batch import make_list

COLLEGE = "S000022000003"
WORKER = "pages"
PASSWORD = "vier leere worte reichen"


@dataclass(frozen=True)
class Rooms:
    """Where else each role starts, pages that are refusals, and accounts that the demo has not."""

    starts: dict[str, list[str]]
    refusals: list[str]
    accounts: dict[str, DemoAccount] = field(repr=False)


def furnish(site: Site) -> Rooms:
    """One of each thing."""
    archive = make_archive(site)
    publish_report(site)
    shown, withdrawn = share(site, archive)
    recovery = claim_and_ask(site, archive)
    number, code = site.demo.certificate.number, site.demo.certificate.code
    worker = f"/me/certificates/{code}"
    revoked, employer = site.revoked().code, site.services.issuers.employers.find("demo-employer").owner
    starts = {
        "nobody": [
            "/app/shell",
            "/benefits?level=3&region=330000&other=1",
            f"/v/{revoked}",
            f"/w/{revoked}",
            "/v/unknown",
            shown,
            claim(site),
            recovery,
        ],
        "registrar": [
            f"/registrar/archives/{archive}",
            f"/registrar/access-checks/{check_access(site.services, site.demo.holder, REGISTRY)}",
        ],
        "signer": [
            f"/console/batches/{make_batch(site, issue=False)}",
            f"/console/batches/{make_batch(site, issue=True)}",
            f"/console/changes/{change_many(site)}",
            f"/console/accreditations/cases/{apply(site)}",
            "/console/paper/",
            "/console/certificates?q=X",
            f"/console/certificates/{number}/reissue",
        ],
        "college": ["/console/report"],
        "employer": [
            f"/employer/checks/{check_list(site)}",
            f"/employer/access-checks/{check_access(site.services, site.demo.holder, employer)}",
        ],
        "half": ["/console/sign-in/code"],
        "worker": [f"{worker}/share", f"{worker}/wallet", f"/me/offers/{offer(site, archive)}"],
    }
    accounts = {"college": make_account(site, "college", COLLEGE), "half": make_half(site)}
    return Rooms(starts, ["/no/such/page", withdrawn], accounts)


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


def make_batch(site: Site, *, issue: bool) -> str:
    """A list with a mistake, checked; and approved and issued too."""
    desk, signer = site.services.batches, site.services.issuers.assessors.find_account(site.account.name)
    listed = BytesIO(make_list(first=600 + 50 * issue))
    batch = desk.receive(listed, site.demo.assessor, by=site.account_of("clerk").name, name="list.csv")
    while desk.work_once(WORKER):
        pass
    if issue and signer:
        desk.approve(desk.batches.find(batch), signer, only_good=True)
        while desk.work_once(WORKER):
            pass
        desk.tidy()
    return batch


def change_many(site: Site) -> str:
    """A change of many, waiting for the second person."""
    owner = site.demo.assessor.id
    reason = next(one.code for one in reasons_for(Act.SUSPEND, owner))
    decision = Decision(Act.SUSPEND, reason, site.account_of("clerk").name, owner)
    return site.services.issuers.many.prepare(decision, [site.demo.certificate.code], about="numbers=…")


def apply(site: Site) -> str:
    """An application for another accreditation, open."""
    today = china_date(site.services.registry.clock())
    scope = frozenset({("4-10-01-05", "2022")})
    asked = Asked("skill_level", scope, frozenset({"5", "4"}), "330000", today, today + timedelta(days=365))
    actor = Actor(site.account.name, site.demo.assessor.id, "")
    desk = site.services.issuers.accreditations
    return desk.apply(site.demo.assessor.id, asked, statement="示例说明", actor=actor, replaces=None).case.id


def claim(site: Site) -> str:
    """The claim link of a certificate that nobody claimed."""
    registry = site.services.registry
    return urlsplit(claim_link(registry.vault, registry.settings.origin, site.records()[-1].code)).path


def claim_and_ask(site: Site, code: str) -> str:
    """The holder's account, with an objection and a recovery under way; its link."""
    desk, record = site.services.workers, site.demo.certificate
    archive = desk.archives.archives.get(code)
    desk.accounts.make(
        archive, Credentials(password=hash_password(PASSWORD)), at=desk.clock(), id=new_account_id()
    )
    subject = Subject(record.assessor, record.code, record.number)
    desk.requests.open(archive.codes, RequestKind.OBJECTION, subject, "等级与评价结果不一致", at=desk.clock())
    holder = site.demo.holder
    person = desk.archives.person(holder["id_type"], holder["id_number"], holder["name"])
    started = start_recovery(desk, person, Desk("clerk", site.demo.assessor.id))
    _, link = confirm_recovery(desk, started.id, Desk("registrar", REGISTRY), registrar=True)
    return urlsplit(link).path


def share(site: Site, archive: str) -> tuple[str, str]:
    """A link that shows a part of a certificate, and one that was withdrawn."""
    registry, code = site.services.registry, site.demo.certificate.code
    shares, at = Shares(registry.database, registry.vault), registry.clock()
    shown, withdrawn = (
        shares.make(archive, code, preset="occupation", purpose="应聘 示例公司", hours=24, views=50, at=at)
        for _ in range(2)
    )
    shares.withdraw(withdrawn, at=at)
    return f"/s/{shares.token(shown)}", f"/s/{shares.token(withdrawn)}"


def offer(site: Site, archive: str) -> str:
    """An offer to a wallet."""
    registry = site.services.registry
    offers = Offers(registry.database, registry.vault)
    return offers.make(archive, site.demo.certificate.code, at=registry.clock()).id


def make_half(site: Site) -> DemoAccount:
    """An account with a second factor: its password leads to the question for the code."""
    account, desk = make_account(site, "half", site.demo.assessor.id), site.services.issuers.account_desk
    secret, at = desk.set_up_factor(account.name), site.services.registry.clock()
    desk.confirm_factor(account.name, pyotp.TOTP(secret).at(at), at=at)
    return account


def make_account(site: Site, name: str, owner: str) -> DemoAccount:
    """A clerk."""
    password = secrets.token_urlsafe(12)
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
