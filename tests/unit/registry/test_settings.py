from dataclasses import fields

import pytest

from keys.errors import Refused
from registry.problems import error_words
from registry.settings import Settings, describe_settings, read_settings


def test_an_empty_environment_serves_on_loopback():
    settings = read_settings({})
    assert settings.origin == "http://127.0.0.1:8000"
    assert not settings.is_secure
    assert settings.master_key_path == settings.data_path / "master.key"


def test_an_empty_value_is_the_default():
    assert read_settings({"PORT": "", "BASE_URL": ""}) == Settings()


def test_the_public_address_may_be_https_anywhere():
    settings = read_settings({"BASE_URL": "https://zhengshu.example.test/", "PORT": "80"})
    assert (settings.origin, settings.is_secure) == ("https://zhengshu.example.test", True)


@pytest.mark.parametrize("host", ["127.0.0.1:8123", "localhost:8123", "[::1]:8123"])
def test_plain_http_stays_on_this_machine(host):
    assert read_settings({"BASE_URL": f"http://{host}"}).origin == f"http://{host}"


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({"BASE_URL": "http://zhengshu.example.test"}, "settings.base_url_insecure"),
        ({"BASE_URL": "http://127.0.0.1.example.test"}, "settings.base_url_insecure"),
        ({"BASE_URL": "http://127.0.0.1@example.test"}, "settings.base_url"),
        ({"BASE_URL": "http://192.168.1.7:8000"}, "settings.base_url_insecure"),
        ({"BASE_URL": "ftp://example.test"}, "settings.base_url"),
        ({"BASE_URL": "example.test"}, "settings.base_url"),
        ({"BASE_URL": "https://"}, "settings.base_url"),
        ({"BASE_URL": "https://example.test/registry"}, "settings.base_url"),
        ({"BASE_URL": "https://example.test?x=1"}, "settings.base_url"),
        ({"BASE_URL": "https://example.test#x"}, "settings.base_url"),
        ({"BASE_URL": "https://user:geheim@example.test"}, "settings.base_url"),
        ({"BASE_URL": "https://example.test:99999"}, "settings.base_url"),
        ({"BASE_URL": "https://example.test:x"}, "settings.base_url"),
        ({"BASE_URL": "https://[::1"}, "settings.base_url"),
        ({"BASE_URL": "https://exa mple.test"}, "settings.base_url"),
        ({"PORT": "0"}, "settings.port"),
        ({"PORT": "65536"}, "settings.port"),
        ({"PORT": "-1"}, "settings.port"),
        ({"PORT": "eight"}, "settings.port"),
        ({"PORT": "９０００"}, "settings.port"),
        ({"PORT": "²"}, "settings.port"),
        ({"WORKERS": "0"}, "settings.count"),
        ({"THREADS": "257"}, "settings.count"),
        ({"SMTP_URL": "", "SMTP_FROM": "a@mail.test"}, "settings.smtp_pair"),
        ({"SMTP_URL": "http://u:geheim@mail.test", "SMTP_FROM": "a@mail.test"}, "settings.smtp_url"),
        ({"SMTP_URL": "smtp://geheim@mail.test", "SMTP_FROM": "a@mail.test"}, "settings.smtp_url"),
        ({"SMTP_URL": "smtp://mail.test:x", "SMTP_FROM": "a@mail.test"}, "settings.smtp_url"),
        ({"SMTP_FROM": "a@mail.test\nBcc: b@mail.test", "SMTP_URL": "smtp://mail.test"}, "mail.address"),
    ],
)
def test_an_unsafe_or_impossible_value_stops_the_start(environ, code):
    with pytest.raises(Refused) as caught:
        read_settings(environ)
    assert (caught.value.code, caught.value.field) == (code, next(iter(environ)))
    assert "geheim" not in f"{caught.value} {error_words(caught.value)}"


def test_every_setting_is_documented():
    rows = describe_settings()
    assert [name for name, *_ in rows] == [field.name.upper() for field in fields(Settings)]
    assert all(help_line for _, _, help_line, _ in rows)


def test_a_secret_is_not_shown():
    settings = read_settings({"MONGODB_URI": "mongodb://u:geheim@127.0.0.1/"})
    assert "geheim" not in repr(settings)
    assert {name for name, _, _, secret in describe_settings() if secret} == {"MONGODB_URI", "SMTP_URL"}


def test_mail_is_off_by_default_and_its_secret_is_not_shown():
    assert read_settings({}).mail_server is None
    settings = read_settings({"SMTP_URL": "smtps://u%40x:geheim@mail.test", "SMTP_FROM": "a@mail.test"})
    server = settings.mail_server
    assert (server.host, server.port, server.user, server.password) == ("mail.test", 465, "u@x", "geheim")
    assert "geheim" not in f"{settings!r} {server!r}"
