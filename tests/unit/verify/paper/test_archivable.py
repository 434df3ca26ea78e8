"""The PDF as ISO 19005-3 (PDF/A-3) wants it, as far as its structure shows.

No PDF/A validator can be had from PyPI, npm or Debian: veraPDF is in none of them, and the packages that name it fetch
it from elsewhere. So the clauses that a certificate can offend against are checked here, on the file as pikepdf reads
it. Glyph widths and the bits of the fonts themselves are the engine's own affair (Typst validates its export).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pikepdf
import pytest
from lxml import etree
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from registry.credential import Face
from tests.unit.verify.paper.test_press import make_pdf

FORBIDDEN_ACTIONS = {
    "/Launch",
    "/Sound",
    "/Movie",
    "/ResetForm",
    "/ImportData",
    "/Hide",
    "/JavaScript",
    "/GoToR",
}
DEVICE_CMYK = {"k", "K"}
NAMES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmp": "http://ns.adobe.com/xap/1.0/",
}


def find_faults(data: bytes) -> list[str]:
    """What the file offends against, by clause."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        checks = (file, colours, fonts, actions, metadata, structure, embedded)
        return [f"{check.__name__}: {fault}" for check in checks for fault in check(data, pdf)]


def dictionaries(pdf: Pdf) -> Iterator[Dictionary | Stream]:
    """Every dictionary, those inside others too."""
    waiting = [one for one in pdf.objects if isinstance(one, (Dictionary, Stream, Array))]
    while waiting:
        one = waiting.pop()
        inner = list(one) if isinstance(one, Array) else [value for _, value in one.items()]
        # what has a number of its own stands in the list of objects already
        waiting += [two for two in inner if isinstance(two, (Dictionary, Array)) and not two.is_indirect]
        if not isinstance(one, Array):
            yield one


def file(data: bytes, pdf: Pdf) -> Iterator[str]:
    """6.1.2 header, 6.1.3 trailer, 6.1.7 streams."""
    first, second = data.splitlines()[:2]
    if not first.startswith(b"%PDF-1.") or second[:1] != b"%" or min(second[1:5]) < 128:
        yield "header"
    if "/ID" not in pdf.trailer or pdf.is_encrypted:
        yield "trailer"
    for one in dictionaries(pdf):
        if isinstance(one, Stream) and ("LZW" in str(one.get("/Filter", "")) or "/F" in one):
            yield "filter or external stream"


def colours(data: bytes, pdf: Pdf) -> Iterator[str]:
    """6.2.3 output intent, 6.2.4.3 colours that no profile explains."""
    intents = [one for one in pdf.Root.get("/OutputIntents", []) if one.S == Name.GTS_PDFA1]
    if len(intents) != 1 or intents[0].DestOutputProfile.N != 3:
        yield "output intent"
    for page in pdf.pages:
        used = {str(operator) for _, operator in pikepdf.parse_content_stream(page)}
        if used & DEVICE_CMYK or (used & {"rg", "RG", "g", "G"} and not intents):
            yield "device colours"


def fonts(data: bytes, pdf: Pdf) -> Iterator[str]:
    """6.2.11.4 embedded, 6.2.11.7 every code has its character."""
    for one in dictionaries(pdf):
        if one.get("/Type") == Name.FontDescriptor and not any("FontFile" in key for key in one):
            yield "font is not embedded"
        if one.get("/Type") == Name.Font and one.get("/Subtype") == Name.Type0 and "/ToUnicode" not in one:
            yield "characters without Unicode"


def actions(data: bytes, pdf: Pdf) -> Iterator[str]:
    """6.4 forms, 6.5 actions."""
    if "/AcroForm" in pdf.Root or "/OpenAction" in pdf.Root:
        yield "form or action at opening"
    for one in dictionaries(pdf):
        if "/AA" in one or "/JS" in one or str(one.get("/S", "")) in FORBIDDEN_ACTIONS:
            yield "action"


def metadata(data: bytes, pdf: Pdf) -> Iterator[str]:
    """6.6.2 and 6.6.3 the same in XMP and in the old dictionary, 6.6.4 what it says to be."""
    tree = etree.fromstring(pdf.Root.Metadata.read_bytes())

    def said(path: str) -> str:
        found = tree.findtext(f".//{path}", namespaces=NAMES)
        return str(found or "")

    if (said("pdfaid:part"), said("pdfaid:conformance")) != ("3", "A"):
        yield "identification"
    old = pdf.trailer.get("/Info", {})
    pairs = {"/Title": "dc:title//rdf:li", "/Author": "dc:creator//rdf:li", "/Creator": "xmp:CreatorTool"}
    if any(str(old.get(name, "")) != said(path) for name, path in pairs.items()):
        yield "XMP says otherwise than the document information"
    days = {"/CreationDate": "xmp:CreateDate", "/ModDate": "xmp:ModifyDate"}
    for name, path in days.items():
        digits = ["".join(filter(str.isdigit, text))[:14] for text in (str(old.get(name, "")), said(path))]
        if digits[0] != digits[1]:
            yield f"dates differ: {digits}"


def structure(data: bytes, pdf: Pdf) -> Iterator[str]:
    """6.7: tagged, in a language, pictures with words."""
    if not pdf.Root.get("/MarkInfo", {}).get("/Marked") or "/StructTreeRoot" not in pdf.Root:
        yield "not tagged"
    if not str(pdf.Root.get("/Lang", "")):
        yield "no language"
    for one in dictionaries(pdf):
        if one.get("/S") == Name.Figure and not str(one.get("/Alt", "")):
            yield "picture without words"


def embedded(data: bytes, pdf: Pdf) -> Iterator[str]:
    """6.8: an attached file says what it is and how it belongs to the document."""
    listed = list(pdf.Root.get("/AF", []))
    files = [one for one in dictionaries(pdf) if one.get("/Type") == Name.Filespec]
    if len(files) != 1 or len(listed) != 1:
        yield "not one associated file"
    for one in files:
        if not {"/F", "/UF", "/AFRelationship", "/EF"} <= set(one.keys()):
            yield "file specification"
        elif str(one.EF.F.get("/Subtype", "")).count("/") != 2 or "/ModDate" not in one.EF.F.Params:
            yield "embedded file"


def test_a_certificate_offends_against_nothing(make_face: Callable[..., Face]) -> None:
    assert find_faults(make_pdf(make_face())) == []


def test_nor_does_one_with_rare_characters(make_face: Callable[..., Face]) -> None:
    assert find_faults(make_pdf(make_face("𠮷䶮㛃"))) == []


def set_info(pdf: Pdf) -> None:
    pdf.trailer.Info.Title = pikepdf.String("x")


def drop_unicode(pdf: Pdf) -> None:
    for one in dictionaries(pdf):
        if "/ToUnicode" in one:
            del one["/ToUnicode"]


def drop_font(pdf: Pdf) -> None:
    for one in dictionaries(pdf):
        if "/FontFile3" in one:
            del one["/FontFile3"]


def drop_words(pdf: Pdf) -> None:
    for one in dictionaries(pdf):
        if one.get("/S") == Name.Figure:
            del one["/Alt"]


def add_script(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="app.alert(1)")


def drop_from_root(name: str) -> Callable[[Pdf], None]:
    def drop(pdf: Pdf) -> None:
        del pdf.Root[name]

    return drop


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (drop_from_root("/OutputIntents"), "colours: output intent"),
        (drop_from_root("/Lang"), "structure: no language"),
        (drop_from_root("/MarkInfo"), "structure: not tagged"),
        (drop_from_root("/AF"), "embedded: not one associated file"),
        (set_info, "metadata: XMP says otherwise than the document information"),
        (drop_unicode, "fonts: characters without Unicode"),
        (drop_font, "fonts: font is not embedded"),
        (drop_words, "structure: picture without words"),
        (add_script, "actions: action"),
    ],
)
def test_what_offends_is_found(
    spoil: Callable[[Pdf], None], fault: str, make_face: Callable[..., Face]
) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(make_pdf(make_face()))) as pdf:
        spoil(pdf)
        pdf.save(out)
    assert fault in find_faults(out.getvalue())
