"""``/metrics``: read by Prometheus's own parser, only for the registry's token, without a personal datum."""

from prometheus_client.parser import text_string_to_metric_families

from registry.audit.acts import Act, Acts
from registry.audit.writer import TrailWriter
from registry.keyrings import REGISTRY


def scrape(house, token):
    answer = house.client().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    samples = [one for family in text_string_to_metric_families(answer.text) for one in family.samples]
    return {(one.name, *one.labels.values()): one.value for one in samples}, answer.text


def test_figures_follow_the_record(house, make_body):
    token = house.issuers.assessors.new_token(REGISTRY, label="prometheus", at=house.clock())
    before, _ = scrape(house, token)
    issued = house.issued(make_body())
    house.client().post(
        f"/api/v1/certificates/{issued['number']}/revocation",
        json={"reason": "issued_in_error"},
        headers=house.headers(),
    )
    found, text = scrape(house, token)
    assert found["registry_certificates",] == before["registry_certificates",] + 1
    revoked = ("registry_certificates_not_valid", "revoked")
    assert found[revoked] == before[revoked] + 1
    assert found["registry_chunks_waiting", "bulk"] == found["registry_chunks_waiting", "batch"] == 0
    assert {key[1:] for key in found if key[0] == "registry_notices"} == {
        (channel, state) for channel in ("mail", "webhook") for state in ("waiting", "dead")
    }
    assert not any(secret in text for secret in (issued["number"], issued["code"], "欧阳试验"))


def test_acts_wait_until_the_trail_has_them(house):
    token = house.issuers.assessors.new_token(REGISTRY, label="prometheus", at=house.clock())
    for n in range(3):
        Acts(house.database).note(Act("account.made", "li", REGISTRY, f"account:{n}", house.clock()))
    assert scrape(house, token)[0]["registry_acts_waiting",] == 3
    TrailWriter(house.database, house.clock).catch_up()
    assert scrape(house, token)[0]["registry_acts_waiting",] == 0


def test_only_the_registrys_token_reads_it(house):
    assert house.client().get("/metrics").status_code == 401
    assert house.client().get("/metrics", headers=house.headers()).status_code == 403
