"""Paper at the assessor's console: one certificate, a class, and nobody else's."""

from __future__ import annotations

import io
import re
import zipfile

import pypdfium2
import pytest
import zxingcpp


@pytest.fixture
def desk(house):
    house.make_account("clerk", house.association, "clerk")
    client = house.client()
    house.enter(client, "clerk")
    return client


def post_class(desk, *numbers):
    token = re.search(r'name="csrf_token" value="([^"]+)"', desk.get("/console/paper/").text)[1]
    return desk.post("/console/paper/class.zip", data={"numbers": list(numbers), "csrf_token": token})


def test_the_pdf_carries_the_signed_original_and_the_qr_of_the_page(house, desk):
    issued = house.issued()
    answer = desk.get(f"/console/paper/{issued['number']}.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    record = house.registry.record.find(issued["code"])
    document = pypdfium2.PdfDocument(answer.data)
    assert bytes(document.get_attachment(0).get_data()) == record.credential
    picture = document[0].render(scale=2, grayscale=True).to_pil()
    [found] = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    assert found.text == house.verifier.qr_text(issued["code"])
    assert house.verify(qr=found.text)["outcome"] == "valid"


def test_the_identity_number_stands_on_it_whole(house, desk, make_number):
    issued = house.issued()
    pdf = desk.get(f"/console/paper/{issued['number']}.pdf").data
    assert make_number(0) in pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()


def test_a_certificate_page_offers_it_while_in_force(house, desk):
    issued = house.issued()
    link = f"/console/paper/{issued['number']}.pdf"
    page = f"/console/certificates/{issued['number']}"
    assert link in desk.get(page).text
    path, reason = f"/api/v1/certificates/{issued['number']}/revocation", {"reason": "issued_in_error"}
    assert house.client().post(path, json=reason, headers=house.headers()).status_code == 200
    assert link not in desk.get(page).text
    assert desk.get(link).status_code == 409


def test_downloads_stand_in_the_trail(house, desk):
    issued = house.issued()
    desk.get(f"/console/paper/{issued['number']}.pdf")
    post_class(desk, issued["number"])
    noted = {one["name"] for one in house.database["acts"].find()}
    assert {"certificate.printed", "certificates.printed"} <= noted


def test_another_assessors_certificate_is_no_paper_of_mine(house, desk):
    theirs = house.issued(assessor=house.college)["number"]
    assert desk.get(f"/console/paper/{theirs}.pdf").status_code == 404
    with zipfile.ZipFile(io.BytesIO(post_class(desk, theirs).data)) as archive:
        assert archive.namelist() == ["left-out.csv"]


def test_a_class_comes_as_a_zip(house, desk, make_body):
    numbers = [house.issued(make_body(person=person))["number"] for person in range(3)]
    answer = post_class(desk, *numbers)
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.namelist() == [f"{number}.pdf" for number in numbers]
        assert archive.read(f"{numbers[2]}.pdf").startswith(b"%PDF-")


def test_wrong_numbers_come_back_with_the_words(desk):
    answer = post_class(desk, "no number!")
    assert answer.status_code == 422
    assert "no number!" in answer.text


def test_one_class_at_a_time(house, desk):
    number = house.issued()["number"]
    for _ in range(3):  # each gives the place back
        assert post_class(desk, number).status_code == 200


def test_the_check_value_is_made_once_and_kept_sealed(house):
    issued = house.issued()
    first = house.client().get(f"/v/{issued['code']}/qr.svg").data
    [kept] = house.database["check_values"].find()
    assert kept["_id"] == issued["code"]
    house.verifier.qr_text.forget()
    assert house.client().get(f"/v/{issued['code']}/qr.svg").data == first


def upload(house, pdf):
    return house.client().post("/upload", data={"file": (io.BytesIO(pdf), "c.pdf")})


def test_the_pdf_itself_verifies_by_upload(house, desk):
    issued = house.issued()
    page = upload(house, desk.get(f"/console/paper/{issued['number']}.pdf").data)
    assert page.status_code == 200
    assert 'data-outcome="valid"' in page.text
    assert "对照" in page.text


def test_a_pdf_with_another_certificates_code_is_broken(house, desk, make_body):
    mine, other = house.issued(), house.issued(make_body(person=1))
    pdf = desk.get(f"/console/paper/{mine['number']}.pdf").data
    document = pypdfium2.PdfDocument(pdf)
    attachment = document.get_attachment(0)
    attachment.set_data(house.registry.record.find(other["code"]).credential)
    out = io.BytesIO()
    document.save(out)
    page = upload(house, out.getvalue())
    assert 'data-outcome="broken"' in page.text
    assert "V217" in page.text


def test_a_pdf_of_a_revoked_certificate_says_so(house, desk):
    issued = house.issued()
    pdf = desk.get(f"/console/paper/{issued['number']}.pdf").data
    path, reason = f"/api/v1/certificates/{issued['number']}/revocation", {"reason": "issued_in_error"}
    assert house.client().post(path, json=reason, headers=house.headers()).status_code == 200
    assert 'data-outcome="revoked"' in upload(house, pdf).text


def test_the_api_takes_the_pdf_too(house, desk):
    issued = house.issued()
    pdf = desk.get(f"/console/paper/{issued['number']}.pdf").data
    answer = house.client().post("/api/v1/verifications", data={"file": (io.BytesIO(pdf), "c.pdf")})
    assert answer.json["outcome"] == "valid"
