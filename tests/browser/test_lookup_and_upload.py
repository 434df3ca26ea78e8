"""A certificate on paper or in a file: looked up by its number, photographed, uploaded, tampered with."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from registry.masking import mask_name
from tests.browser.conftest import PHONE, Site, Visitor


def look_up(page: Page, number: str, holder: str) -> None:
    page.goto("/lookup")
    page.get_by_label("证书编号").fill(number)
    page.get_by_label("持证人姓名或证件号码").fill(holder)
    page.get_by_role("button", name="查询").click()


def outcome(page: Page) -> str | None:
    return page.locator(".answer").get_attribute("data-outcome")


def upload(page: Page, name: str, data: bytes, mimetype: str) -> None:
    page.goto("/")
    page.get_by_label("文件或图片").set_input_files({"name": name, "mimeType": mimetype, "buffer": data})
    page.get_by_role("button", name="核验文件").click()


@pytest.mark.parametrize("known", ["name", "id_number"])
def test_number_and_holder_find_the_certificate(visitor: Visitor, site: Site, known: str) -> None:
    page = visitor.open("/lookup", size=PHONE)
    look_up(page, f" {site.demo.certificate.number.lower()} ", site.demo.holder[known])
    assert outcome(page) == "valid"
    expect(page.get_by_role("heading", level=1)).to_contain_text("有效")
    expect(page.locator("main")).to_contain_text("高级工")
    assert site.demo.holder["id_number"] not in page.content()
    assert "?" not in page.url
    page.get_by_role("link", name="打开完整页面").click()
    expect(page).to_have_url(site.url(site.demo.certificate))


def test_a_wrong_name_learns_nothing(visitor: Visitor, site: Site) -> None:
    page = visitor.open("/lookup", java_script_enabled=False)
    number, name = site.demo.certificate.number, site.demo.holder["name"]
    answers = []
    for asked in (number, number[:-1] + "9"):  # the second is nobody's
        look_up(page, asked, "李大山")
        assert outcome(page) == "unknown"
        parts = page.locator("h1, .answer p:not(.when), .checks").all()
        answers.append([part.inner_text() for part in parts])
    assert answers[0] == answers[1]  # the answer does not tell which of the two was wrong
    for told in ("高级工", "电工", mask_name(name), site.demo.assessor.name):
        expect(page.locator("main")).not_to_contain_text(told)


def test_an_empty_look_up_is_stopped_by_the_form(visitor: Visitor) -> None:
    page = visitor.open("/lookup")
    page.get_by_role("button", name="查询").click()
    assert page.locator(":invalid:not(form)").count() == 2


def test_pictures_of_the_code_are_read(visitor: Visitor, site: Site) -> None:
    page = visitor.open(f"/v/{site.demo.certificate.code}", size=PHONE)
    screenshot = page.screenshot(full_page=True)
    photo = BytesIO()
    code = Image.open(BytesIO(page.request.get(f"/v/{site.demo.certificate.code}/qr.png").body())).convert(
        "RGB"
    )
    code.rotate(8, expand=True, fillcolor=(220, 215, 200)).save(photo, "JPEG", quality=60)
    for name, data, mimetype in (
        ("screenshot.png", screenshot, "image/png"),
        ("photo.jpg", photo.getvalue(), "image/jpeg"),
    ):
        upload(page, name, data, mimetype)
        assert outcome(page) == "valid", name


def test_a_signed_file_verifies_and_a_changed_one_does_not(visitor: Visitor, site: Site) -> None:
    page = visitor.open("/", java_script_enabled=False)
    signed = site.demo.certificate.credential
    upload(page, "certificate.json", signed, "application/json")
    assert outcome(page) == "valid"
    changed = json.loads(signed)
    changed["credentialSubject"]["skillLevel"] = "1"
    for name, document in (
        ("level.json", json.dumps(changed).encode()),
        ("name.json", signed.replace(site.demo.holder["name"].encode(), "王大明".encode())),
    ):
        upload(page, name, document, "application/json")
        assert outcome(page) == "broken", name
        assert "有效" not in page.get_by_role("heading", level=1).inner_text()
        expect(page.locator("main")).not_to_contain_text("高级技师")


def test_a_picture_without_a_code_is_explained_beside_the_field(visitor: Visitor) -> None:
    visitor.watch.expected.add(422)
    page = visitor.open("/")
    empty = BytesIO()
    Image.new("RGB", (40, 40), "white").save(empty, "PNG")
    upload(page, "empty.png", empty.getvalue(), "image/png")
    form = page.locator("form", has=page.get_by_label("文件或图片"))
    expect(form.get_by_role("alert")).to_be_visible()
