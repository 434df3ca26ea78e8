"""A wallet that we did not write fetches a certificate from the running service, and the service knows it again."""

from __future__ import annotations

import json
import secrets
import subprocess
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from issuers.demo import Demo, make_demo
from keys import sd_jwt
from keys.jws import read_compact, verify_compact
from keys.vault import Vault
from registry.mongo import connect
from registry.settings import Settings
from registry.wallets.offers import Offer, Offers
from verify.presentations import verify_presentation
from verify.wallet.metadata import JWT, SD_JWT, credential_offer, offer_by_reference, offer_by_value
from wsgi import Services, create_app, now, open_services, prepare

HERE = Path(__file__).parent
NODE_SECONDS = 60


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's own name
        """Nothing: an access log would hold the offers."""


@dataclass
class Served:
    services: Services
    origin: str
    demo: Demo
    offers: Offers

    def offer(self) -> Offer:
        return self.offers.make("archive", self.demo.certificate.code, at=now())


@pytest.fixture(scope="module")
def served(mongo_uri: str) -> Iterator[Served]:
    database = connect(mongo_uri, database=f"test_{uuid.uuid4().hex}")
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True, request_handler=_Quiet)
    settings = Settings(port=str(server.port))
    services = open_services(settings, database=database, vault=Vault(secrets.token_bytes(32)))
    prepare(services)
    demo = make_demo(services.registry, services.issuers)
    server.app = create_app(settings, services)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    registry = services.registry
    yield Served(services, registry.settings.origin, demo, Offers(database, registry.vault))
    server.shutdown()
    thread.join()
    server.server_close()
    database.client.drop_database(database.name)
    database.client.close()


def fetch(node: str, link: str, tx_code: str, *configurations: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [node, HERE / "wallet.mjs", link, tx_code, *configurations],
        capture_output=True,
        text=True,
        check=False,
        timeout=NODE_SECONDS,
    )


def test_the_wallet_gets_both_forms_by_reference(node: str, served: Served) -> None:
    offer = served.offer()
    link = offer_by_reference(f"{served.origin}/oid4vci/offers/{offer.id}")
    done = fetch(node, link, served.offers.tx_code(offer), SD_JWT, JWT)
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)
    assert got["issuer"] == served.origin
    selective, whole = got["credentials"]

    token = sd_jwt.read(selective)
    claims = json.loads(token.token.payload)
    assert claims["cnf"]["jwk"]["x"] == got["wallet"]["x"]
    app = create_app(served.services.registry.settings, served.services)
    with app.app_context():
        verdict = verify_presentation(sd_jwt.select(token, {"level"}), at=now())
    assert verdict.outcome.value == "valid"

    jwt = read_compact(whole)
    ring = served.services.registry.keyrings.ring(served.demo.assessor.id)
    said = json.loads(verify_compact(jwt, ring.find(jwt.header["kid"]).public))
    assert said["vc"]["type"] == ["VerifiableCredential", "SkillCertificate"]
    assert said["cnf"]["jwk"]["x"] == got["wallet"]["x"]


def test_the_wallet_gets_one_by_value(node: str, served: Served) -> None:
    offer = served.offer()
    link = offer_by_value(credential_offer(served.origin, served.offers.grant(offer)))
    done = fetch(node, link, served.offers.tx_code(offer), SD_JWT)
    assert done.returncode == 0, done.stderr


def test_a_wrong_transaction_code_gets_nothing(node: str, served: Served) -> None:
    offer = served.offer()
    link = offer_by_value(credential_offer(served.origin, served.offers.grant(offer)))
    wrong = "111111" if served.offers.tx_code(offer) != "111111" else "222222"
    done = fetch(node, link, wrong, SD_JWT)
    assert done.returncode != 0
    assert "invalid_grant" in done.stderr
