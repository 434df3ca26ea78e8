"""A worker gives a certificate to a wallet: the page shows the code, follows the wallet, and says how it ended."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from keys.jws import sign_compact, write_header
from keys.pair import Algorithm, PrivateKey
from registry.certificate import CertificateRecord
from registry.wallets.offers import TRIES
from tests.browser.conftest import PHONE, Site, Visitor
from tests.browser.test_sharing import claim_path, fill_claim, unclaimed
from verify.wallet.metadata import GRANT, SD_JWT
from verify.wallet.proofs import PROOF_TYPE


def ask(site: Site, path: str, data: bytes | None = None, **headers: str) -> Any:
    with urlopen(Request(site.origin + path, data, headers)) as answer:
        return json.load(answer)


def read_code(picture: Locator) -> str:
    """What a camera reads from the screen."""
    picture.page.wait_for_function("() => document.querySelector('img.qr').naturalWidth > 0")
    [found] = zxingcpp.read_barcodes(
        Image.open(BytesIO(picture.screenshot())), formats=zxingcpp.BarcodeFormat.QRCode
    )
    return found.text


def scan(site: Site, page: Page) -> str:
    """The wallet's camera: the pre-authorized code of the offer that the QR leads to."""
    link = urlsplit(read_code(page.locator("img.qr")))
    assert link.scheme == "openid-credential-offer"
    address = urlsplit(parse_qs(link.query)["credential_offer_uri"][0])
    return str(ask(site, address.path)["grants"][GRANT]["pre-authorized_code"])


def type_digits(site: Site, grant: str, digits: str) -> str:
    """The wallet's second step; its access token."""
    form = {"grant_type": GRANT, "pre-authorized_code": grant, "tx_code": digits}
    return str(ask(site, "/oid4vci/token", urlencode(form).encode())["access_token"])


def fetch(site: Site, access: str) -> str:
    """The wallet's third step: the certificate, for a key that it proves."""
    wallet = PrivateKey.generate(Algorithm.P256)
    claims = {"aud": site.origin, "iat": int(site.services.registry.clock().timestamp())}
    claims["nonce"] = ask(site, "/oid4vci/nonce", b"")["c_nonce"]
    header = write_header(wallet.public, typ=PROOF_TYPE, jwk=wallet.public.jwk())
    proof = sign_compact(json.dumps(claims).encode(), key=wallet, header=header)
    body = {"credential_configuration_id": SD_JWT, "proofs": {"jwt": [proof]}}
    headers = {"Authorization": f"Bearer {access}", "Content-Type": "application/json"}
    [given] = ask(site, "/oid4vci/credential", json.dumps(body).encode(), **headers)["credentials"]
    return str(given["credential"])


def make_offer(page: Page, record: CertificateRecord) -> None:
    """From the card to the code for the wallet."""
    card = page.locator("article.card").filter(has_text=record.number)
    card.get_by_role("link", name="带走证书").click()
    page.get_by_role("button", name="生成钱包领取码").click()
    expect(page.locator("[data-state=waiting]")).to_be_visible()


def test_the_page_follows_the_wallet_to_the_end(visitor: Visitor, site: Site) -> None:
    record = unclaimed(site)
    page = visitor.open(claim_path(site, record), size=PHONE)
    fill_claim(page, site, record)
    make_offer(page, record)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    grant = scan(site, page)
    access = type_digits(site, grant, page.locator("[data-tx-code]").inner_text())
    expect(page.locator("[data-state=fetching]")).to_be_visible()  # by itself: nobody touched the page
    expect(page.locator("img.qr")).to_have_count(0)
    token = fetch(site, access)
    expect(page.locator("[data-state=taken]")).to_contain_text("已存入您的钱包")

    checked = visitor.open("/", size=PHONE)  # what the wallet holds, saved as a text and uploaded
    checked.set_input_files("#file", {"name": "x.txt", "mimeType": "text/plain", "buffer": token.encode()})
    checked.get_by_role("button", name="核验文件").click()
    expect(checked.locator('[data-outcome="valid"]')).to_be_visible()

    page.goto("/me")
    make_offer(page, record)
    offers = site.services.registry.database["wallet_offers"]
    offer = page.url.rpartition("/")[2]
    offers.update_one({"_id": offer}, {"$set": {"tries": TRIES}})
    expect(page.locator("[data-state=blocked]")).to_be_visible()
    page.get_by_role("button", name="重新生成").click()
    expect(page.locator("[data-state=waiting]")).to_be_visible()
    offer = page.url.rpartition("/")[2]
    over = site.services.registry.clock() - timedelta(seconds=1)
    offers.update_one({"_id": offer}, {"$set": {"expires_at": over}})
    expect(page.locator("[data-state=expired]")).to_be_visible()
    expect(page.locator("[data-tx-code]")).to_have_count(0)
