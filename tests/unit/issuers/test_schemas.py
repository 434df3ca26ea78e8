import copy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from issuers.schemas import IssueSchema, ReasonSchema, load
from keys.errors import Refused
from registry.problems import find_problem
from verify.schemas import VerificationSchema

BODY = {
    "kind": "skill_level",
    "holder": {"name": "欧阳试验", "id_type": "resident_id", "id_number": "150102199901010014"},
    "occupation": {"code": "6-31-01-03", "edition": "2022"},
    "job": None,
    "level": "3",
    "issued_on": "2026-11-22",
    "appointment": {"employer": "示例公司", "from": "2026-01-01", "to": None},
}
REQUIRED = [
    ("kind",),
    ("holder",),
    ("holder", "name"),
    ("holder", "id_number"),
    ("occupation",),
    ("occupation", "code"),
    ("issued_on",),
    ("appointment", "employer"),
    ("appointment", "from"),
]
NAMES = ["kind", "holder", "occupation", "job", "level", "issued_on", "region", "appointment", "reason"]
NAMES += ["name", "id_type", "id_number", "code", "edition", "employer", "from", "to", "number", "credential"]
SCHEMAS = [IssueSchema(), ReasonSchema(), VerificationSchema()]

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
json_values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=12,
)


def refusal(body, schema=SCHEMAS[0]):
    with pytest.raises(Refused) as caught:
        load(schema, body)
    return caught.value.code, caught.value.field


def put(path, value):
    body = copy.deepcopy(BODY)
    *outer, last = path
    target = body
    for step in outer:
        target = target[step]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return body


def test_a_right_body_is_a_request():
    request = load(SCHEMAS[0], BODY)
    assert (request.holder_name, request.occupation_edition, request.region) == ("欧阳试验", "2022", None)
    assert request.appointment.end is None


@pytest.mark.parametrize("path", REQUIRED, ids=str)
def test_a_missing_field_is_named(path):
    assert refusal(put(path, ...)) == ("field.missing", ".".join(path))


@pytest.mark.parametrize("path", REQUIRED, ids=str)
def test_null_is_no_value(path):
    assert refusal(put(path, None)) == ("field.null", ".".join(path))


@pytest.mark.parametrize(
    "path", [("x",), ("holder", "x"), ("occupation", "x"), ("appointment", "x")], ids=str
)
def test_an_unknown_field_is_named(path):
    assert refusal(put(path, "x")) == ("field.unknown", ".".join(path))


@pytest.mark.parametrize("path", [("kind",), ("level",), ("job",), ("region",), ("holder", "name")], ids=str)
@pytest.mark.parametrize("value", [7, True, [], {}, 1.5])
def test_a_text_is_a_text(path, value):
    assert refusal(put(path, value)) == ("field.text", ".".join(path))


@pytest.mark.parametrize("path", [("kind",), ("holder", "name"), ("holder", "id_number"), ("job",)], ids=str)
@pytest.mark.parametrize("value", ["", "x" * 201])
def test_a_text_has_a_length(path, value):
    assert refusal(put(path, value)) == ("field.length", ".".join(path))


@pytest.mark.parametrize("path", [("holder",), ("occupation",), ("appointment",)], ids=str)
@pytest.mark.parametrize("value", [7, "x", []])
def test_an_object_is_an_object(path, value):
    assert refusal(put(path, value))[0] == "field.object"


@pytest.mark.parametrize(
    "value",
    [
        "2026-02-30",
        "2026-13-01",
        "20261122",
        "2026-W47-7",
        "2026-11-22T00:00:00",
        "22.11.2026",
        "",
        20261122,
        "２０２６-11-22",
        "2026-11-22\n",
        " 2026-11-22",
        "0000-01-01",
        "+026-11-22",
    ],
)
def test_a_date_is_written_in_one_way(value):
    assert refusal(put(("issued_on",), value)) == ("field.date", "issued_on")


@pytest.mark.parametrize("body", [None, [], "x", 7, True])
def test_a_body_is_an_object(body):
    assert refusal(body) == ("field.object", None)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "verification.one_form"),
        ({"code": "x", "number": "y"}, "verification.one_form"),
        ({"number": "y"}, "verification.one_form"),
        ({"holder": "y"}, "verification.one_form"),
        ({"code": None}, "field.null"),
        ({"credential": None}, "field.null"),
        ({"code": 7}, "field.text"),
        ({"kode": "x"}, "field.unknown"),
    ],
)
def test_a_verification_has_one_form(body, code):
    assert refusal(body, SCHEMAS[2])[0] == code


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: type(schema).__name__)
@given(body=json_values)
@example(body={"code": None})
@example(body={"kind": {"kind": []}})
def test_any_json_is_taken_or_refused_by_a_code_with_words(schema, body):
    try:
        load(schema, body)
    except Refused as refused:
        assert find_problem(refused.code)  # noqa: PT017 - it may also be taken
