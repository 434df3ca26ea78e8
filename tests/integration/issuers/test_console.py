"""The console: signing in and out, CSRF, cookies, preview and confirm, and only one's own certificates."""

import re
from html import unescape

import pytest

from registry.searching import Query
from registry.settings import Settings
from wsgi import create_app, open_services, prepare

FORM = {
    "kind": "skill_level",
    "holder.name": "欧阳试验",
    "holder.id_type": "resident_id",
    "occupation": "6-31-01-03:2022",
    "level": "3",
    "issued_on": "2026-11-22",
}


class Desk:
    """Somebody at the console: a browser without scripts."""

    def __init__(self, house, owner=None):
        self.client = house.client()
        self.house = house
        if owner:
            house.issuers.assessors.set_account(f"clerk-{owner}", owner, house.password)
            assert self.sign_in(f"clerk-{owner}").status_code == 302

    def token(self, path="/console/sign-in"):
        return re.search(r'name="csrf_token" value="([^"]+)"', self.client.get(path).text)[1]

    def sign_in(self, account, password=None, **more):
        form = {"account": account, "password": password or self.house.password, **more}
        return self.post("/console/sign-in", form, token=self.token())

    def post(self, path, form, token=None):
        if token is None:
            token = self.token("/console/issue")
        return self.client.post(path, data={**form, "csrf_token": token})


@pytest.fixture
def desk(house):
    return Desk(house, house.association)


@pytest.fixture
def form(make_number):
    return {**FORM, "holder.id_number": make_number(0)}


def hidden(page):
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found if name != "csrf_token"}


def test_signing_in_leads_to_the_overview(desk):
    page = desk.client.get("/console/")
    assert page.status_code == 200
    assert "浙江示例技能人才行业协会" in page.text


def test_a_wrong_password_and_an_unknown_account_get_the_same_words(house, desk):
    stranger = Desk(house)
    texts = set()
    for account, password in ((f"clerk-{house.association}", "wrong password!"), ("nobody", house.password)):
        answer = stranger.sign_in(account, password)
        assert answer.status_code == 401
        said = answer.text.replace(account, "")
        texts.add(re.sub(r'name="csrf_token" value="[^"]+"', "", said))
    assert len(texts) == 1
    assert stranger.client.get("/console/").status_code == 302


@pytest.mark.parametrize("path", ["/console/", "/console/certificates", "/console/issue"])
def test_a_stranger_is_asked_to_sign_in_and_comes_back(house, path):
    stranger = Desk(house)
    answer = stranger.client.get(path)
    assert answer.status_code == 302
    assert answer.location.startswith("/console/sign-in?next=")
    house.issuers.assessors.set_account("clerk", house.association, house.password)
    assert stranger.sign_in("clerk", next=path).location == path


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/console/",
        "//evil.test/console/",
        "/\\evil.test/console",
        "/console\\evil.test",
        "\\\\evil.test",
        "javascript:alert(1)",
        "/consoleevil.test/../..//evil.test",
        "console/",
        "/upload",
        " //evil.test",
        "/console/../../\t//evil.test",
        "http:console",
    ],
)
def test_next_never_leads_elsewhere(house, target):
    house.issuers.assessors.set_account("clerk", house.association, house.password)
    answer = Desk(house).sign_in("clerk", next=target)
    assert answer.status_code == 302
    assert re.fullmatch(r"/console[A-Za-z0-9/._%-]*", answer.location), answer.location


def test_signing_out(desk):
    answer = desk.post("/console/sign-out", {})
    assert answer.status_code == 302
    assert desk.client.get("/console/").location.startswith("/console/sign-in")


def test_a_session_begins_anew_at_sign_in(house):
    house.issuers.assessors.set_account("clerk", house.association, house.password)
    stranger = Desk(house)
    stranger.token()
    before = stranger.client.get_cookie("session").value
    stranger.sign_in("clerk")
    assert stranger.client.get_cookie("session").value != before


def test_an_account_that_is_gone_is_signed_out(house, desk):
    house.database["accounts"].delete_many({})
    assert desk.client.get("/console/").status_code == 302


POSTS = [
    "/console/sign-in",
    "/console/sign-out",
    "/console/issue",
    "/console/issue/preview",
    "/console/issue/confirm",
]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("token", ["", "forged"])
def test_without_its_token_nothing_is_done(house, desk, form, path, token):
    before = house.counts()
    answer = desk.client.post(path, data={**form, "idempotency_key": "k", "csrf_token": token})
    assert answer.status_code == 400
    assert house.counts() == before
    assert desk.client.get("/console/").status_code == 200  # still signed in


def test_the_token_of_another_session_is_no_token(house, desk, form):
    foreign = Desk(house, house.college).token("/console/issue")
    answer = desk.post("/console/issue/confirm", {**form, "idempotency_key": "k"}, token=foreign)
    assert answer.status_code == 400
    assert house.database["certificates"].count_documents({}) == 0


def cookie_of(app, origin):
    answer = app.test_client().get("/console/sign-in", base_url=origin)
    return next(header for header in answer.headers.getlist("Set-Cookie") if "session=" in header)


@pytest.mark.parametrize("origin", ["https://zhengshu.example.test", "http://127.0.0.1:8000"])
def test_the_cookie_is_for_the_server_alone(house, database, origin):
    settings = Settings(base_url=origin)
    made = open_services(settings, database=database, vault=house.registry.vault, clock=house.clock)
    prepare(made)
    app = create_app(settings, made)
    cookie = cookie_of(app, origin)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    secure = origin.startswith("https")
    assert ("Secure" in cookie) is secure
    assert cookie.startswith("__Host-session=") is secure


def test_a_preview_stores_nothing_and_confirming_twice_issues_once(house, desk, form):
    before = house.counts()
    preview = desk.post("/console/issue/preview", form)
    assert preview.status_code == 200
    assert form["holder.id_number"] in preview.text  # to be compared with the document in hand
    assert house.counts() == before
    sent = hidden(preview.text)
    first, second = (desk.post("/console/issue/confirm", sent) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    numbers = {re.search(r'class="code number">([^<]+)<', page.text)[1] for page in (first, second)}
    assert len(numbers) == 1
    assert house.database["certificates"].count_documents({}) == 1
    code = house.registry.record.find_by_number(numbers.pop()).code
    assert house.verify(code=code)["outcome"] == "valid"


def test_the_form_is_refused_with_the_field_and_everything_typed_still_there(house, desk, form):
    for changes, field in (
        ({"holder.id_number": "150102199901010015"}, "holder.id_number"),
        ({"issued_on": "2026-02-30"}, "issued_on"),
        ({"level": ""}, "level"),
    ):
        for path in ("/console/issue/preview", "/console/issue/confirm"):
            answer = desk.post(path, {**form, **changes, "idempotency_key": "k"})
            assert answer.status_code == 422
            assert "欧阳试验" in answer.text
            assert field in answer.text
    assert house.database["certificates"].count_documents({}) == 0


def test_confirming_needs_its_key(house, desk, form):
    assert desk.post("/console/issue/confirm", form).status_code == 422


def test_one_assessor_neither_sees_nor_revokes_what_another_issued(house, desk):
    number = house.issued()["number"]
    other = Desk(house, house.college)
    paths = [f"/console/certificates/{number}", f"/console/certificates/{number}/credential.json"]
    assert [desk.client.get(path).status_code for path in paths] == [200, 200]
    assert [other.client.get(path).status_code for path in paths] == [404, 404]
    sent = {"reason": "false_results", "confirm": "yes"}
    assert other.post(f"/console/certificates/{number}/revoke", sent).status_code == 404
    assert number not in other.client.get("/console/certificates").text
    assert f"/certificates/{number}" not in other.client.get(f"/console/certificates?q={number}").text
    assert house.registry.record.find_by_number(number).state.value == "valid"


def test_revoking_asks_for_a_reason_and_a_yes(house, desk):
    number = house.issued()["number"]
    path = f"/console/certificates/{number}/revoke"
    for sent in ({"reason": "false_results"}, {"confirm": "yes"}, {"reason": "because", "confirm": "yes"}):
        assert desk.post(path, sent).status_code == 422
    too_long = {"reason": "false_results", "confirm": "yes", "note": "x" * 501}
    assert desk.post(path, too_long).status_code == 422
    sent = {"reason": "false_results", "confirm": "yes", "note": "Akte 7"}
    assert desk.post(path, sent).status_code == 302
    record = house.registry.record.find_by_number(number)
    assert (record.state.value, record.changes[0].reason, record.changes[0].note) == (
        "revoked",
        "false_results",
        "Akte 7",
    )
    assert "Akte 7" in desk.client.get(f"/console/certificates/{number}").text
    public = house.client().get(f"/v/{record.code}").text
    assert "Akte 7" not in public


def test_an_account_that_changes_sides_acts_for_its_new_assessor_only(house, desk):
    number = house.issued()["number"]
    name = f"clerk-{house.association}"
    house.issuers.assessors.set_account(name, house.college, house.password)
    assert desk.client.get(f"/console/certificates/{number}").location.startswith("/console/sign-in")
    assert desk.sign_in(name).status_code == 302
    assert desk.client.get(f"/console/certificates/{number}").status_code == 404


@pytest.mark.parametrize(
    "before", ["x", "2026-11-22", "9999-12-31T23:59:59-23:59 x", "0001-01-01T00:00:00+23:59 x", "\x00"]
)
def test_a_strange_page_cursor_is_refused_or_finds_nothing(desk, before):
    answer = desk.client.get("/console/certificates", query_string={"before": before})
    assert answer.status_code in {200, 422}


def test_a_list_pages_through_everything_once(house, desk, make_body):
    issued = {house.issued(make_body(person=person))["number"] for person in range(5)}
    everything = Query(assessors=(house.association,))
    found, before = [], None
    while True:
        some, before = house.registry.searching.page(everything, before=before, limit=2)
        found += [record.number for record in some]
        if before is None:
            break
    assert sorted(found) == sorted(issued)
