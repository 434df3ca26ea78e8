"""The PDF itself, read by programs that we did not write: PDFium for text and pictures, zxing-cpp for the QR."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium_c
import pytest
import zxingcpp

import registry
from registry.credential import Appointment, Face
from verify.paper.press import ATTACHMENT, has_glyph, print_sheet
from verify.paper.sheet import make_sheet
from verify.qr import draw_svg

NUMBER = "150102199003071018"
CREDENTIAL = '{"name": "职业技能等级证书", "proof": []}'.encode()
QR_TEXT = "https://registry.example/v/q7Rk2_vN-8sXa1LmP0dZtw#1" + "0123456789" * 40
NOBODY_DRAWS = "\U00033470"  # extension J, Unicode 17: in no font that Debian has
A4 = (595.0, 842.0)  # points
FORBIDDEN = tomllib.loads(
    (Path(registry.__file__).parent / "data" / "forbidden_words.toml").read_text("utf-8")
)


def make_pdf(face: Face) -> bytes:
    return print_sheet(
        make_sheet(face, NUMBER),
        credential=CREDENTIAL,
        qr=draw_svg(QR_TEXT).decode(),
        recorded_at=datetime(2026, 11, 22, 6, tzinfo=UTC),
    )


def read_text(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    text: str = document[0].get_textpage().get_text_range()
    document.close()
    return text


@pytest.fixture(scope="module")
def plain(make_face: Callable[..., Face]) -> bytes:
    return make_pdf(make_face())


def test_it_is_one_page_of_a4(plain: bytes) -> None:
    document = pypdfium2.PdfDocument(plain)
    assert len(document) == 1
    assert document[0].get_size() == pytest.approx(A4, abs=1)


def test_it_says_that_it_is_pdf_a_3(plain: bytes) -> None:
    assert b"<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in plain
    assert b"/Marked true" in plain  # tagged, for screen readers


def test_all_text_is_selectable_and_right(plain: bytes) -> None:
    text = read_text(plain)
    said = ("职业技能等级证书", "王小明", "居民身份证", NUMBER, "电工", "--", "三级/高级工", "Senior worker")
    said += ("S000015000012263000457", "青城技能评价协会", "2026年11月22日", "https://registry.example/v/q7")
    assert [words for words in said if words not in text] == []


def test_no_word_of_authority_and_no_other_system(plain: bytes) -> None:
    text = read_text(plain)
    assert [word for word in (*FORBIDDEN["authority"], *FORBIDDEN["claim"]) if word in text] == []
    official = text.replace("职业技能等级", "")  # the title and the row that the notice demands
    assert [word for word in FORBIDDEN["certificate"] if word in official] == []
    assert "osta.org.cn" not in text


def test_rare_names_are_printed_whole(make_face: Callable[..., Face]) -> None:
    pdf = make_pdf(make_face("𠮷䶮㛃"))
    assert "𠮷䶮㛃" in read_text(pdf)
    assert "U+" not in read_text(pdf)


def test_a_minority_name_keeps_its_dots(make_face: Callable[..., Face]) -> None:
    assert "阿卜杜热西提·买买提江" in read_text(make_pdf(make_face("阿卜杜热西提·买买提江")))


def test_a_missing_glyph_is_told_and_no_box_printed(make_face: Callable[..., Face]) -> None:
    assert not has_glyph(NOBODY_DRAWS)
    text = read_text(make_pdf(make_face(f"王{NOBODY_DRAWS}明")))
    assert "王〔U+33470〕明" in text
    assert "此字库缺字" in text
    assert "以电子证书为准" in text
    assert "No installed font has" in text


def test_the_longest_certificate_fits_its_page(make_face: Callable[..., Face]) -> None:
    face = make_face(f"王{NOBODY_DRAWS}𠮷" * 10, level="special")
    face = replace(
        face,
        origin="https://certificates.skills.example-city.example",
        occupation=replace(face.occupation, zh="城市轨道交通信号设备维修与检测人员", job="信" * 40),
        appointment=Appointment("示例市" * 20, date(2026, 1, 1), date(2029, 1, 1)),
        issuer=replace(face.issuer, name="青城技能评价协会" * 7),
    )
    document = pypdfium2.PdfDocument(make_pdf(face))
    assert len(document) == 1
    assert "the verification counts" in document[0].get_textpage().get_text_range()


def test_the_attachment_is_the_signed_document_byte_by_byte(plain: bytes) -> None:
    document = pypdfium2.PdfDocument(plain)
    assert document.count_attachments() == 1
    attachment = document.get_attachment(0)
    assert (attachment.get_name(), bytes(attachment.get_data())) == (ATTACHMENT, CREDENTIAL)
    assert b"/AFRelationship/Source" in plain


@pytest.mark.parametrize("dpi", [100, 200, 300])
def test_the_qr_reads_from_the_rendered_page(plain: bytes, dpi: int) -> None:
    picture = pypdfium2.PdfDocument(plain)[0].render(scale=dpi / 72, grayscale=True).to_pil()
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [QR_TEXT]


def test_every_font_is_embedded_and_subset(plain: bytes) -> None:
    page = pypdfium2.PdfDocument(plain)[0]
    texts = page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_TEXT], max_depth=5)
    fonts = [pdfium_c.FPDFTextObj_GetFont(one.raw) for one in texts]
    assert fonts
    assert all(pdfium_c.FPDFFont_GetIsEmbedded(font) == 1 for font in fonts)
    assert len(plain) < 200_000  # the fonts themselves have 20 MB


def test_the_same_certificate_gives_the_same_bytes(plain: bytes, make_face: Callable[..., Face]) -> None:
    assert make_pdf(make_face()) == plain


@pytest.mark.parametrize("name", ["#panic()", '"); #read("/etc/passwd") (', "*_$x$_* `a`", "\\u{41}"])
def test_what_people_typed_is_never_evaluated(name: str, make_face: Callable[..., Face]) -> None:
    assert name in read_text(make_pdf(make_face(name)))
