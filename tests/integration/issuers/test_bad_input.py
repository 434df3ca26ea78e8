"""Bad input over the API: a problem document with a stable code, the field, both languages, and nothing stored."""

import json
from datetime import date

import pytest

JSON = {"Content-Type": "application/json"}


def post(house, data, **headers):
    sent = house.headers(**JSON) | headers
    return house.client().post("/api/v1/certificates", data=data, headers=sent)


def check_problem(response, status, code, field):
    problem = response.json
    assert (response.status_code, problem["status"]) == (status, status), problem
    assert (problem["code"], problem["field"]) == (code, field)
    assert response.mimetype == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    assert problem["type"].endswith(f"#{code}")
    for words in problem["messages"].values():
        assert words["title"]
        assert words["detail"]
    assert set(problem["messages"]) == {"zh", "en"}
    assert problem["request_id"] == response.headers["X-Request-Id"]
    return problem


BODIES = [
    ({"surname": "x"}, 422, "field.unknown", "surname"),
    ({"holder__surname": "x"}, 422, "field.unknown", "holder.surname"),
    ({"holder__id_number": "150102199901010015"}, 422, "identity.checksum", "holder.id_number"),
    ({"holder__id_number": "150102199902300013"}, 422, "identity.birth_date", "holder.id_number"),
    ({"holder__id_number": "1" * 30}, 422, "identity.length", "holder.id_number"),
    ({"holder__id_number": 7}, 422, "field.text", "holder.id_number"),
    ({"holder__id_type": "library_card"}, 422, "identity.type_unknown", "holder.id_type"),
    ({"holder__name": "欧阳\u200b试验"}, 422, "name.invisible", "holder.name"),
    ({"holder": ...}, 422, "field.missing", "holder"),
    ({"holder": "欧阳试验"}, 422, "field.object", "holder"),
    ({"issued_on": "2026-02-30"}, 422, "field.date", "issued_on"),
    ({"issued_on": "2026-11-23"}, 422, "issue.in_future", "issued_on"),
    ({"issued_on": "2020-01-01"}, 422, "issue.too_old", "issued_on"),
    ({"occupation__code": "6-31-01-99"}, 422, "occupation.unknown", "occupation.code"),
    ({"occupation__code": "electrician"}, 422, "occupation.code_malformed", "occupation.code"),
    ({"occupation__edition": "1871"}, 422, "occupation.edition_unknown", "occupation.edition"),
    ({"occupation__code": "6-18-02-04"}, 422, "scope.occupation", "occupation.code"),
    ({"level": "chief"}, 422, "level.post_at_employer", "level"),
    ({"level": "0"}, 422, "level.unknown", "level"),
    ({"level": None}, 422, "level.required", "level"),
    ({"kind": "qualification"}, 422, "kind.not_issued_here", "kind"),
    ({"kind": "single_skill", "level": None}, 422, "scope.kind", "kind"),
    ({"region": "150000"}, 422, "scope.region", "region"),
    ({"issued_on": "2025-12-31"}, 422, "scope.date", "issued_on"),
]


@pytest.fixture
def unchanged(house):
    before = house.counts()
    yield
    assert house.counts() == before


def test_each_bad_body_is_refused_and_nothing_is_stored(house, make_body):
    before = house.counts()
    for changes, status, code, field in BODIES:
        problem = check_problem(house.issue(make_body(**changes)), status, code, field)
        said = json.dumps(problem, ensure_ascii=False)
        assert "欧阳试验" not in said
        assert make_body()["holder"]["id_number"] not in said
    assert house.counts() == before


def test_an_expired_accreditation_and_a_level_outside_it(house, make_body, unchanged):
    house.issuers.assessors.end_accreditation(house.association, "A-02", on=date(2026, 11, 22))
    house.forget()
    check_problem(house.issue(make_body()), 422, "scope.date", "issued_on")
    check_problem(
        house.issue(make_body(level="special"), assessor=house.college),
        422,
        "level.post_at_employer",
        "level",
    )


TEXT = json.dumps({"kind": "skill_level", "level": "3"})
RAW = [
    (b"", 400, "json.syntax"),
    (b"{", 400, "json.syntax"),
    (b'{"kind": "skill_level"', 400, "json.syntax"),
    (b'{"kind": "a", "kind": "b"}', 400, "json.duplicate_key"),
    (b'{"level": NaN}', 400, "json.not_finite"),
    (b'{"level": -Infinity}', 400, "json.not_finite"),
    (b'{"level": 1e999}', 400, "json.not_finite"),
    (b'{"level": 9007199254740993}', 400, "json.number_range"),
    (b'{"kind": "\\ud800"}', 400, "json.lone_surrogate"),
    (b'{"kind": "\xff"}', 400, "json.not_utf8"),
    (b'{"x":' * 33 + b"1" + b"}" * 33, 400, "json.too_deep"),
    (b'{"x":"' + b"a" * 65_536 + b'"}', 413, "json.too_large"),
    (b"[]", 422, "field.object"),
    (b"null", 422, "field.object"),
]


def test_each_bad_text_is_refused_and_nothing_is_stored(house, unchanged):
    for data, status, code in RAW:
        check_problem(post(house, data), status, code, None)


def test_a_body_of_a_megabyte_is_cut_off(house, unchanged):
    assert post(house, b" " * 2_000_000).status_code == 413


def test_exactly_64_kib_may_be_read(house, make_body):
    text = json.dumps(make_body()).encode()
    assert post(house, text + b" " * (65_536 - len(text))).status_code == 201
    assert post(house, text + b" " * (65_537 - len(text))).json["code"] == "json.too_large"


def test_another_content_type_is_refused(house, unchanged):
    response = post(house, TEXT, **{"Content-Type": "text/plain"})
    check_problem(response, 415, "http.not_json", "Content-Type")


def test_who_may_not_issue_learns_nothing(house, make_body, unchanged):
    for header in ({}, {"Authorization": "Bearer"}, {"Authorization": "Basic eDp5"}):
        response = house.client().post("/api/v1/certificates", json=make_body(), headers=header)
        check_problem(response, 401, "auth.token_missing", "Authorization")
        assert response.headers["WWW-Authenticate"] == "Bearer"
    for token in ("skr_wrong", "\xff" * 10, house.tokens[house.association][:-1]):
        header = {"Authorization": f"Bearer {token}"}
        response = house.client().post("/api/v1/certificates", json=make_body(), headers=header)
        check_problem(response, 401, "auth.token_unknown", "Authorization")


def test_a_second_certificate_for_the_same_person_occupation_level_and_kind(house, make_body):
    house.issued()
    before = house.counts()
    again = make_body(holder__name="欧阳试验二")  # the document is the person, however the name is written
    check_problem(house.issue(again), 409, "issue.already_held", "holder")
    assert house.counts() == before
    assert house.issue(make_body(level="2")).status_code == 201
    assert house.issue(make_body(occupation__code="4-10-01-05")).status_code == 201


def test_after_a_revocation_the_person_may_be_certified_anew(house):
    number = house.issued()["number"]
    path = f"/api/v1/certificates/{number}/revocation"
    assert (
        house.client().post(path, json={"reason": "issued_in_error"}, headers=house.headers()).status_code
        == 200
    )
    assert house.issued()["number"] != number


def test_problems_speak_the_language_of_the_reader(house, make_body):
    said = {
        language: house.issue(make_body(level="0"), **{"Accept-Language": language}).json
        for language in ("zh", "en")
    }
    for language, problem in said.items():
        assert problem["title"] == problem["messages"][language]["title"]
    assert said["zh"]["title"] != said["en"]["title"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("post", "revocation", {"reason": "because"}, 422, "state.reason_unknown"),
        ("post", "revocation", {}, 422, "field.missing"),
        ("post", "suspension", {"reason": "holder_request", "x": 1}, 422, "field.unknown"),
        ("delete", "suspension", None, 409, "state.already"),
    ],
)
def test_a_bad_change_of_state_changes_nothing(house, method, path, body, status, code):
    number = house.issued()["number"]
    call = getattr(house.client(), method)
    response = call(f"/api/v1/certificates/{number}/{path}", json=body, headers=house.headers())
    assert (response.status_code, response.json["code"]) == (status, code)
    found = house.client().get(f"/api/v1/certificates/{number}", headers=house.headers()).json
    assert (found["state"], found["changes"]) == ("valid", [])


def test_suspending_and_lifting(house):
    number = house.issued()["number"]
    path = f"/api/v1/certificates/{number}"
    client, headers = house.client(), house.headers()
    reason = {"reason": "under_investigation"}
    assert client.post(f"{path}/suspension", json=reason, headers=headers).json["state"] == "suspended"
    assert client.post(f"{path}/suspension", json=reason, headers=headers).status_code == 409
    assert client.delete(f"{path}/suspension", headers=headers).json["state"] == "valid"
    assert client.post(f"{path}/revocation", json=reason, headers=headers).json["state"] == "revoked"
    for act in (
        client.post(f"{path}/suspension", json=reason, headers=headers),
        client.delete(f"{path}/suspension", headers=headers),
    ):
        assert act.json["code"] == "state.already"


def test_one_assessor_sees_and_changes_nothing_of_another(house):
    number = house.issued()["number"]
    path, headers = f"/api/v1/certificates/{number}", house.headers(house.college)
    reason = {"reason": "issued_in_error"}
    client = house.client()
    answers = [
        client.get(path, headers=headers),
        client.post(f"{path}/revocation", json=reason, headers=headers),
        client.post(f"{path}/suspension", json=reason, headers=headers),
        client.delete(f"{path}/suspension", headers=headers),
    ]
    assert {(answer.status_code, answer.json["code"]) for answer in answers} == {(404, "certificate.unknown")}
    assert house.verify(code=house.registry.record.find_by_number(number).code)["outcome"] == "valid"


@pytest.mark.parametrize(
    "path", ["/api/v1/nowhere", "/api/v1/certificates/%ED%A0%80", "/api/v1/occupations/2022/%00"]
)
def test_a_strange_path_is_a_problem_document(house, path):
    response = house.client().get(path, headers=house.headers())
    assert response.status_code in {404, 422}
    assert response.mimetype == "application/problem+json"


def test_a_wrong_method_says_which_are_right(house):
    response = house.client().put("/api/v1/certificates", headers=house.headers())
    check_problem(response, 405, "http.method", None)
    assert "POST" in response.headers["Allow"]
