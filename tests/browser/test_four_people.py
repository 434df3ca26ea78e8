"""One day, four people: the clerk prepares, the signer approves, the registrar suspends, the inspector reads it all."""

from __future__ import annotations

from datetime import date

from playwright.sync_api import Page, expect

from issuers.batches.worker import issuing
from registry.audit.writer import TrailWriter
from registry.certificate import CertificateRecord
from registry.credential import china_date
from registry.identity import check_character
from tests.browser.conftest import Site, Visitor, enter
from wsgi import now

HEADING = "姓名,证件类型,证件号码,职业名称,职业技能等级,发证日期"
NAMES = ("赵试验", "钱试验", "孙试验")


def three_rows(day: date) -> bytes:
    """A list of three people who do not exist."""
    lines = [HEADING]
    for n, name in enumerate(NAMES):
        body = f"15010219910512{n:03}"
        lines.append(f"{name},201,{body}{check_character(body)},电工,4,{day}")
    return "\n".join(lines).encode()


def read_trail(page: Page, act: str, words: str, about: str) -> None:
    """Filter the trail as a reader does; the first entry found is ``words`` about ``about``."""
    page.goto("/registrar/trail")
    page.locator("#act").select_option(value=act)
    page.locator("#subject").fill(about)
    page.get_by_role("button", name="查看").click()
    expect(page.locator("table.certificates tbody tr")).to_have_count(1)
    entry = page.locator("table.certificates tbody tr").first
    expect(entry).to_contain_text(words)
    expect(entry).to_contain_text(about)


def issue_three(clerk: Page, signer: Page, site: Site, data: bytes) -> str:
    """The clerk sends a list, the signer finds it waiting and approves it; the batch, issued."""
    with issuing(site.services.batches, patience=0.05):
        clerk.goto("/console/batches/")
        clerk.get_by_label("您的名单").set_input_files(
            {"name": "三人.csv", "mimeType": "text/csv", "buffer": data}
        )
        clerk.get_by_role("button", name="检查名单").click()
        expect(clerk.get_by_role("heading", name="待批准")).to_be_visible()
        signer.goto("/console/")
        expect(signer.locator("#waiting")).to_contain_text("等待批准的批次")
        signer.goto(clerk.url)
        signer.get_by_label("以上各行我已核对").check()
        signer.get_by_role("button", name="批准并签发").click()
        expect(signer.get_by_role("link", name="编号和链接（CSV）")).to_be_visible()
    return clerk.url.rpartition("/")[2]


def first_of(site: Site, batch: str) -> CertificateRecord:
    """The certificate of a batch's first row."""
    record = site.services.registry.record.find(next(site.services.batches.batches.codes(batch)))
    assert record is not None
    return record


def suspend(registrar: Page, number: str) -> None:
    """The registrar finds a certificate by its number and suspends it."""
    registrar.goto("/console/certificates")
    registrar.locator("#q").fill(number)
    registrar.keyboard.press("Enter")
    rows = registrar.locator("table.certificates tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(number)
    rows.locator("a").click()
    form = registrar.locator("#suspend")
    form.locator("select").select_option(label="监督检查发现问题")
    form.get_by_role("button", name="暂停").click()
    expect(registrar.locator(".flash")).to_contain_text("已暂停")


def test_from_a_list_to_the_trail(visitor: Visitor, site: Site) -> None:
    people = {
        role: visitor.open("/console/sign-in") for role in ("clerk", "signer", "registrar", "inspector")
    }
    for role, page in people.items():
        enter(page, site, role)
    batch = issue_three(people["clerk"], people["signer"], site, three_rows(china_date(now())))
    record = first_of(site, batch)
    suspend(people["registrar"], record.number)

    TrailWriter(site.services.registry.database, now).catch_up()
    inspector = people["inspector"]
    for act, words, about in (
        ("batch.prepared", "上传批次", f"batch:{batch}"),
        ("batch.approved", "批准批次", f"batch:{batch}"),
        ("certificate.issued", "签发证书", f"certificate:{record.number}"),
        ("certificate.suspended", "暂停证书", f"certificate:{record.number}"),
    ):
        read_trail(inspector, act, words, about)
    suspended = inspector.locator("table.certificates tbody tr")
    expect(suspended).to_contain_text(site.account_of("registrar").name)
    expect(suspended).to_contain_text("监督检查发现问题")
