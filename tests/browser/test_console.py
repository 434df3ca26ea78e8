"""An assessor's day: sign in, issue one certificate with a slip of the pen, hand out its code, revoke it."""

from __future__ import annotations

from io import BytesIO

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from registry.identity import check_character
from tests.browser.conftest import PHONE, Site, Visitor, enter

BODY = "150102199003071{:02}"  # of test numbers: a real place, a birthday, an order of nobody


def make_number(person: int) -> str:
    body = BODY.format(person)
    return body + check_character(body)


def issued(site: Site) -> int:
    return site.services.registry.record.count(site.demo.assessor.id)


def named(page: Page, name: str) -> Locator:
    return page.locator(f'main [name="{name}"]')


def fill_in(page: Page, *, name: str, id_number: str) -> None:
    page.get_by_label("职业名称或编码").fill("养老")
    page.get_by_role("button", name="查找").click()
    page.get_by_role("radio", name="养老护理员").check()
    expect(page.locator('[name="occupation"]')).to_have_count(1)
    named(page, "holder.name").fill(name)
    named(page, "holder.id_number").fill(id_number)
    named(page, "level").select_option("4")
    page.get_by_role("button", name="预览").click()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_an_assessor_issues_and_revokes(visitor: Visitor, site: Site, script: bool) -> None:
    visitor.watch.expected.add(422)
    before = issued(site)
    right = make_number(10 + script)
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    page = visitor.open("/console/", java_script_enabled=script)
    expect(page.get_by_label("密码")).to_be_visible()  # nobody is signed in yet
    enter(page, site, "signer")
    expect(page.get_by_role("heading", level=1)).to_have_text(site.demo.assessor.name)
    page.get_by_role("link", name="签发证书").first.click()
    fill_in(page, name="周试验", id_number=wrong)

    # the slip: said beside its field, everything typed still there
    field = named(page, "holder.id_number")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator(f'[id="{field.get_attribute("aria-describedby")}"]')).to_contain_text("校验位")
    expect(field).to_have_value(wrong)
    expect(named(page, "holder.name")).to_have_value("周试验")
    expect(named(page, "level")).to_have_value("4")
    expect(page.get_by_role("radio", name="养老护理员")).to_be_checked()

    field.fill(right)
    page.get_by_role("button", name="预览").click()
    main = page.locator("main")
    for told in ("周试验", right, "中级工", "养老护理员", site.demo.assessor.name):
        expect(main).to_contain_text(told)
    assert issued(site) == before

    page.get_by_role("button", name="签名并签发").click()
    expect(page.get_by_role("img", name="打开核验页面的二维码")).to_be_visible()
    page.wait_for_load_state()
    picture = Image.open(BytesIO(page.screenshot(full_page=True))).convert("L")
    [code] = [
        one for one in zxingcpp.read_barcodes(picture) if "/v/" in one.text
    ]  # the other one is for claiming
    public = visitor.open(code.text, size=PHONE)
    expect(public.locator(".answer")).to_have_attribute("data-outcome", "valid")
    expect(public.locator("main")).to_contain_text("周*验")

    page.get_by_role("link", name="查看证书").click()
    page.get_by_label("原因（对所有核验者显示）", exact=True).select_option(label="错发")
    page.get_by_label("确认撤销").check()
    page.get_by_role("button", name="撤销", exact=True).click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator("#revoke")).to_have_count(0)
    expect(page.locator(".history")).to_contain_text("错发")

    public.reload()
    expect(public.locator(".answer")).to_have_attribute("data-outcome", "revoked")
    expect(public.locator("main")).not_to_contain_text("周")


def test_the_form_can_be_gone_back_to(visitor: Visitor, site: Site) -> None:
    page = visitor.open("/console/")
    enter(page, site, "signer")
    page.goto("/console/issue")
    fill_in(page, name="吴试验", id_number=make_number(20))
    page.get_by_role("button", name="返回修改").click()
    expect(named(page, "holder.name")).to_have_value("吴试验")
    expect(page.get_by_role("radio", name="养老护理员")).to_be_checked()


def test_confirmed_twice_it_is_issued_once(visitor: Visitor, site: Site) -> None:
    page = visitor.open("/console/")
    enter(page, site, "signer")
    page.goto("/console/issue")
    fill_in(page, name="郑试验", id_number=make_number(30))
    before = issued(site)
    page.get_by_role("button", name="签名并签发").click()
    number = page.locator(".number").inner_text()
    page.reload()  # the browser sends the form again
    expect(page.locator(".number")).to_have_text(number)
    assert issued(site) == before + 1


def test_a_wrong_password_keeps_the_account_and_says_so(visitor: Visitor, site: Site) -> None:
    visitor.watch.expected.add(401)
    page = visitor.open("/console/issue")
    page.get_by_label("账号").fill(site.account.name)
    page.get_by_label("密码").fill("not the password")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("账号")).to_have_value(site.account.name)
    expect(page.get_by_label("密码")).to_have_value("")
    page.get_by_label("密码").fill(site.account.password)
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(f"{site.origin}/console/issue")


def test_after_signing_out_the_console_is_closed(visitor: Visitor, site: Site) -> None:
    page = visitor.open("/console/")
    enter(page, site, "signer")
    page.get_by_role("button", name="退出").click()
    expect(page).to_have_url(f"{site.origin}/console/sign-in")
    page.goto("/console/certificates")
    expect(page.get_by_label("密码")).to_be_visible()
