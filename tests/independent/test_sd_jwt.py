"""An SD-JWT implementation that we did not write verifies what we share: signature, disclosures, status, type, key.

`@sd-jwt/sd-jwt-vc` gets exactly what the service publishes: the assessors' keys, the Token Status List, the type.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from issuers.changes.states import revoke, suspend
from issuers.demo import make_demo
from keys import sd_jwt
from keys.jws import decode_base64url
from keys.pair import Algorithm, PrivateKey
from keys.vault import Vault
from registry.certificate import CertificateRecord
from registry.credential import parse_credential, read_face
from registry.mongo import connect
from registry.searching import Query
from registry.selective import sign_selectively
from registry.settings import Settings
from registry.sharing.presets import presets
from wsgi import Services, create_app, now, open_services, prepare

HERE = Path(__file__).parent
ORIGIN = "https://registry.example"
NODE_SECONDS = 60

Verify = Callable[..., list[dict[str, Any]]]


@dataclass
class Shared:
    """A service with the demo's certificates."""

    services: Services
    client: FlaskClient
    records: list[CertificateRecord]

    def published(self) -> dict[str, Any]:
        claims = json.loads(self.token(self.records[0]).token.payload)
        keys = self.client.get(claims["iss"].replace(ORIGIN, "/.well-known/jwt-vc-issuer")).json
        url, vct = claims["status"]["status_list"]["uri"], claims["vct"]
        registry = self.services.registry.keyrings.ring("registry").active
        jwks = {one["kid"]: one for one in keys["jwks"]["keys"]}
        return {
            "keys": jwks | {registry.id: registry.public.jwk()},
            "lists": {url: self.client.get(url.removeprefix(ORIGIN)).text},
            "types": {vct: self.client.get(vct.removeprefix(ORIGIN)).json},
        }

    def token(self, record: CertificateRecord) -> sd_jwt.SdJwt:
        return sd_jwt.read((record.sd_jwt or b"").decode())


@pytest.fixture(scope="module")
def shared(mongo_uri: str) -> Iterator[Shared]:
    database = connect(mongo_uri, database=f"test_{uuid.uuid4().hex}")
    settings = Settings(base_url=ORIGIN)
    services = open_services(settings, database=database, vault=Vault(secrets.token_bytes(32)))
    prepare(services)
    demo = make_demo(services.registry, services.issuers)
    records, _ = services.registry.searching.page(Query(assessors=(demo.assessor.id,), state="valid"))
    yield Shared(services, create_app(settings, services).test_client(), records)
    database.client.drop_database(database.name)
    database.client.close()


@pytest.fixture
def verify(node: str, shared: Shared) -> Verify:
    def run(*texts: str, nonce: str | None = None) -> list[dict[str, Any]]:
        asked = [{"text": text, "nonce": nonce} for text in texts]
        done = subprocess.run(
            [node, HERE / "sd_jwt.mjs"],
            input=json.dumps({"presentations": asked, **shared.published()}),
            capture_output=True,
            text=True,
            check=False,
            timeout=NODE_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_every_choice_verifies_and_shows_what_was_chosen(verify: Verify, shared: Shared) -> None:
    token = shared.token(shared.records[0])
    texts = [sd_jwt.select(token, preset.claims) for preset in presets().values()]
    for preset, answer in zip(presets().values(), verify(*texts), strict=True):
        assert "error" not in answer, answer
        shown = answer["payload"].keys() - {"iss", "iat", "vct", "status", "exp"}
        assert shown == {one.name for one in token.disclosures} & preset.claims


def test_swapped_and_added_disclosures_are_refused(verify: Verify, shared: Shared) -> None:
    mine, theirs = (sd_jwt.select(shared.token(one), {"level"}).split("~") for one in shared.records[:2])
    swapped, added = [mine[0], theirs[1], ""], [*mine[:2], theirs[1], ""]
    changed = [mine[0], mine[1][:-2] + ("A" if mine[1][-2] != "A" else "B") + mine[1][-1], ""]
    forged = [mine[0][:-4] + "AAAA", *mine[1:]]
    answers = verify(*("~".join(parts) for parts in (mine, changed, forged)))
    assert ["error" in answer for answer in answers] == [False, True, True]
    # a disclosure that nothing signed stands for: refused, or nothing of it is shown
    level = json.loads(decode_base64url(mine[1]))[2]
    for parts, shown in ((swapped, None), (added, level)):
        [answer] = verify("~".join(parts))
        assert "error" in answer or answer["payload"].get("level") == shown


def test_a_wallets_key_is_verified(verify: Verify, shared: Shared) -> None:
    record, wallet = shared.records[0], PrivateKey.generate(Algorithm.P256)
    key_id, key = shared.services.registry.signing_key(record.assessor)
    face = read_face(parse_credential(record.credential))
    signed = sign_selectively(face, key, key_id=key_id, at=now(), confirmed=wallet.public).decode()
    text = sd_jwt.select(sd_jwt.read(signed), {"level"})
    at = int(now().timestamp())
    bound, stolen = (
        sd_jwt.bind(text, key=one, audience="https://shop.example", nonce="n-1", at=at)
        for one in (wallet, PrivateKey.generate(Algorithm.P256))
    )
    good, bad = verify(bound, stolen, nonce="n-1")
    assert good["kb"]["aud"] == "https://shop.example"
    assert "error" in bad
    [other] = verify(bound, nonce="n-2")
    assert "error" in other


def test_the_status_list_tells_of_revocation_and_suspension(verify: Verify, shared: Shared) -> None:
    record = shared.services.registry.record
    *_, suspended, revoked = shared.records
    texts = [sd_jwt.select(shared.token(one), {"level"}) for one in (suspended, revoked)]
    assert ["error" in answer for answer in verify(*texts)] == [False, False]
    suspend(record, suspended.code, reason="under_investigation", by="t", at=now())
    revoke(record, revoked.code, reason="false_results", by="t", at=now())
    for held in vars(shared.services.registry.status_lists).values():
        if hasattr(held, "forget"):
            held.forget()
    assert all("error" in answer for answer in verify(*texts))
