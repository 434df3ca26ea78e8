"""Mail goes by TLS or not at all, and no refusal quotes an address or a password."""

from email.message import EmailMessage

import pytest

from keys.errors import Refused
from registry.mail import check_address, parse_mail_server, send_mail


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtps://mail.test", ("mail.test", 465, True, False)),
        ("smtp://mail.test:2525/", ("mail.test", 2525, False, False)),
        ("smtp://127.0.0.1:25", ("127.0.0.1", 25, False, True)),
    ],
)
def test_servers(url, expected):
    server = parse_mail_server(url)
    assert (server.host, server.port, server.is_tls, server.is_here) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.test",
        "smtp://",
        "smtp://mail.test/x",
        "smtp://mail.test?x=1",
        "smtp://[::1",
        "smtp://a:%C3%BC@mail.test",
    ],
)
def test_no_servers(url):
    with pytest.raises(Refused) as refused:
        parse_mail_server(url)
    assert refused.value.code == "settings.smtp_url"


@pytest.mark.parametrize(
    "text", ["", "a", "a@b", "a@b.test\r\nBcc: c@d.test", "a b@c.test", "é@c.test", f"{'a' * 65}@c.test"]
)
def test_no_addresses(text):
    with pytest.raises(Refused) as refused:
        check_address(text, field="mail")
    assert refused.value.code == "mail.address"


def test_nobody_answers():
    message = EmailMessage()
    message["From"], message["To"] = "a@b.test", "c@d.test"
    with pytest.raises(Refused) as refused:
        send_mail(parse_mail_server("smtp://127.0.0.1:9"), message)
    assert refused.value.code == "mail.no_answer"
