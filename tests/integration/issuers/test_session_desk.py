"""An assessor's desk for trainings: entered, corrected, listed, counted; another's stay its own."""

import re

FORM = {"id": "2026-1", "kind": "training", "sector": "elderly_care", "level": "5", "region": "330100"}
FORM |= {"held_on": "2026-11-01", "enrolled": "40", "passed": "38", "employed": "", "subsidised": "20"}
PAGE = "/console/sessions"


def sign_in(house, owner):
    name = f"clerk-{owner.lower()}"
    house.make_account(name, owner)
    client = house.client()
    house.enter(client, name)
    return client


def send(client, **fields):
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(PAGE).text)[1]
    return client.post(PAGE, data={"csrf_token": token, **fields})


def test_a_training_is_entered_corrected_and_listed(house):
    client, other = sign_in(house, house.association), sign_in(house, house.college)
    assert 'class="empty"' in client.get(PAGE).text
    for wrong in ({"passed": "41"}, {"enrolled": "forty"}, {"held_on": "2027-01-01"}, {"sector": "magic"}):
        answer = send(client, **FORM | wrong)
        assert answer.status_code == 422
        assert f'id="error-{next(iter(wrong))}"' in answer.text
    assert send(client, **FORM).status_code == 302
    filled = client.get(f"{PAGE}?id=2026-1").text
    assert 'name="passed" type="text" value="38"' in filled
    assert send(client, **FORM | {"passed": "39", "employed": "30"}).status_code == 302
    page = client.get(PAGE).text
    assert page.count("id=2026-1") == 1
    assert "<td>39</td><td>30</td><td>20</td>" in page
    assert "2026-1" not in other.get(PAGE).text
    year = house.client().get("/api/v1/pass-rates?year=2026").json
    assert house.association in [one["body"] for one in year["bodies"]], year
