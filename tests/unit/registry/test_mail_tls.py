"""Mail to a real server: TLS from the first byte, STARTTLS, and nothing said to who is not trusted."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from keys.errors import Refused
from registry.mail import MailServer, parse_mail_server, send_mail

HERE = "127.0.0.1"
PASSWORD = "vier:leere/worte reichen"
NOW = datetime.now(UTC)  # certificates are checked by the clock of the machine


@dataclass
class Box:
    """What arrived, and whether it came under TLS."""

    mails: list[tuple[Envelope, bool]] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    refuses: bool = False

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's own name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.commands.append("EHLO")
        session.host_name = hostname
        return responses

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert server.transport is not None
        self.mails.append((envelope, server.transport.get_extra_info("sslcontext") is not None))
        return "250 taken"

    def check(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=not self.refuses, handled=False)


class AnyPort(Controller):
    """On a port that is free."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # one connection, as aiosmtpd sees whether it serves


@dataclass(frozen=True)
class Papers:
    """A certificate that nobody has signed but itself, with its key."""

    certificate: Path
    context: ssl.SSLContext


def make_papers(folder: Path, *, address: str = HERE) -> Papers:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return Papers(certificate, context)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return make_papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture
def trusted(papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL's own setting for who is trusted beside the system's authorities."""
    monkeypatch.setenv("SSL_CERT_FILE", str(papers.certificate))


@pytest.fixture
def box() -> Box:
    return Box()


Serve = Callable[..., MailServer]


@pytest.fixture
def serve(box: Box) -> Iterator[Serve]:
    """Starts a server; gives what the service would know of it, as of one on another machine."""
    started: list[Controller] = []

    def start(*, at_once: ssl.SSLContext | None = None, later: ssl.SSLContext | None = None) -> MailServer:
        more: dict[str, Any] = {
            "tls_context": later,
            "require_starttls": later is not None,
            "authenticator": box.check,
            "auth_require_tls": later is not None,
        }
        controller = AnyPort(box, hostname=HERE, port=0, ssl_context=at_once, **more)
        controller.start()
        started.append(controller)
        return MailServer(HERE, controller.port, is_tls=at_once is not None, is_here=False)

    yield start
    for controller in started:
        controller.stop()


def message() -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "registry@mail.test", "office@assoc.test", "批次已完成"
    made.set_content("请核对。")
    return made


def with_login(server: MailServer) -> MailServer:
    return MailServer(server.host, server.port, server.is_tls, server.is_here, "registry", PASSWORD)


def refusal(server: MailServer) -> str:
    with pytest.raises(Refused) as refused:
        send_mail(server, message())
    assert PASSWORD not in f"{refused.value!r} {refused.value} {refused.value.params}"
    return refused.value.code


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("way", ["at_once", "later"])
def test_a_trusted_server_gets_the_mail_under_tls(serve: Serve, box: Box, papers: Papers, way: str) -> None:
    send_mail(with_login(serve(**{way: papers.context})), message())
    [(envelope, under_tls)] = box.mails
    assert under_tls
    assert (envelope.mail_from, envelope.rcpt_tos) == ("registry@mail.test", ["office@assoc.test"])
    assert box.logins == [(b"registry", PASSWORD.encode())]


@pytest.mark.parametrize("way", ["at_once", "later"])
def test_a_server_that_nobody_vouches_for_gets_nothing(
    serve: Serve, box: Box, papers: Papers, way: str
) -> None:
    assert refusal(with_login(serve(**{way: papers.context}))) == "mail.no_answer"
    assert (box.mails, box.logins) == ([], [])


@pytest.mark.parametrize("way", ["at_once", "later"])
def test_a_certificate_of_another_machine_is_refused(
    serve: Serve, box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    other = make_papers(tmp_path, address="192.0.2.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(other.certificate))
    assert refusal(serve(**{way: other.context})) == "mail.no_answer"
    assert box.mails == []


def test_without_starttls_nothing_is_sent(serve: Serve, box: Box) -> None:
    assert refusal(with_login(serve())) == "mail.no_answer"
    assert (box.mails, box.logins) == ([], [])
    assert box.commands == ["EHLO"]  # it was asked, and said no


@pytest.mark.usefixtures("trusted")
def test_a_wrong_password_is_told_without_the_password(serve: Serve, box: Box, papers: Papers) -> None:
    box.refuses = True
    assert refusal(with_login(serve(at_once=papers.context))) == "mail.rejected"
    assert box.mails == []


def test_this_very_machine_may_be_spoken_to_in_plain(serve: Serve, box: Box) -> None:
    server = serve()
    send_mail(parse_mail_server(f"smtp://{HERE}:{server.port}"), message())
    [(envelope, under_tls)] = box.mails
    assert (envelope.rcpt_tos, under_tls) == (["office@assoc.test"], False)
