"""Many certificates: the clerk sends a list, the signer proof-reads and approves, both see what came of it."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from issuers.batches.worker import issuing
from registry.credential import china_date
from registry.identity import check_character
from tests.browser.conftest import DESK, PHONE, Site, Visitor, enter
from wsgi import now

HEADING = ["姓名", "证件类型", "证件号码", "职业名称", "职业技能等级", "发证日期", "理论成绩", "操作成绩"]


def make_list(*, first: int, day: date | None = None) -> bytes:
    out, today = io.StringIO(), (day or china_date(now())).isoformat()
    rows = csv.writer(out)
    rows.writerow(HEADING)
    for n in range(first, first + 12):
        body = f"15010219880409{n:03}"
        rows.writerow(
            [
                f"批{'甲乙丙丁戊己庚辛壬癸子丑'[n % 12]}",
                "201",
                body + check_character(body),
                "电工",
                "3",
                today,
                "78",
                "81",
            ]
        )
    rows.writerow(["王3", "201", "150102198804091230", "电工", "九级", today, "78", "59"])
    return out.getvalue().encode()


def send(page: Page, data: bytes) -> None:
    page.goto("/console/batches/")
    page.get_by_label("您的名单").set_input_files(
        {"name": "电工三级.csv", "mimeType": "text/csv", "buffer": data}
    )
    page.get_by_role("button", name="检查名单").click()
    expect(page.get_by_role("heading", name="错误明细")).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_clerk_prepares_signer_approves(visitor: Visitor, site: Site, script: bool) -> None:
    before = site.services.registry.record.count(site.demo.assessor.id)
    clerk = visitor.open("/console/", java_script_enabled=script)
    enter(clerk, site, "clerk")
    with issuing(site.services.batches, patience=0.05):
        send(clerk, make_list(first=100 + 50 * script))
        expect(clerk.get_by_role("cell", name="A14 姓名", exact=True)).to_be_visible()
        expect(clerk.get_by_role("button", name="批准并签发")).to_have_count(0)
        address = clerk.url
        signer = visitor.open("/console/", java_script_enabled=script)
        enter(signer, site, "signer")
        signer.goto(address)
        signer.get_by_label("不签发有误的 1 行").check()
        signer.get_by_label("以上各行我已核对").check()
        signer.get_by_role("button", name="批准并签发").click()
        expect(signer.get_by_role("link", name="编号和链接（CSV）")).to_be_visible()
    clerk.goto(address)
    clerk.get_by_role("link", name="打印用的发放单").click()
    expect(clerk.locator(".slips > li")).to_have_count(12)
    assert site.services.registry.record.count(site.demo.assessor.id) == before + 12


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_pages_fit_the_screen(visitor: Visitor, site: Site, size: dict[str, int]) -> None:
    page = visitor.open("/console/", size=size)
    enter(page, site, "clerk")
    with issuing(site.services.batches, patience=0.05):
        send(page, make_list(first=300 + size["width"] % 100))
    for path in (page.url, "/console/batches/"):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0
