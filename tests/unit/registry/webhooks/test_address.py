"""Webhooks go to public addresses over https and nowhere else."""

import socket
from ipaddress import ip_address

import pytest

from keys.errors import Refused
from registry.webhooks.address import is_allowed, parse_target, resolve

PRIVATE = (
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1",
    "fd12::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
    "2001::1", "::127.0.0.1", "2001:db8::1",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_in_every_disguise(address):
    assert not is_allowed(ip_address(address), loopback=False)


@pytest.mark.parametrize("address", ["8.8.8.8", "114.114.114.114", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses(address):
    assert is_allowed(ip_address(address), loopback=False)


def test_the_setting_allows_loopback_and_no_more():
    assert is_allowed(ip_address("127.0.0.1"), loopback=True)
    assert is_allowed(ip_address("::1"), loopback=True)
    assert not is_allowed(ip_address("10.0.0.1"), loopback=True)
    assert parse_target("http://127.0.0.1:9/x", loopback=True).port == 9


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/", "webhook.not_https"),
        ("ftp://example.com/", "webhook.not_https"),
        ("https://user@example.com/", "webhook.url"),
        ("https://example.com/#x", "webhook.url"),
        ("https:///x", "webhook.url"),
        ("https://example.com:99999/", "webhook.url"),
        ("https://exa mple.com/", "webhook.url"),
        ("https://example.com/\r\nHost: x", "webhook.url"),
        ("https://例子.com/", "webhook.url"),
        ("https://example.com/" + "x" * 500, "webhook.url"),
        ("https://[::1/", "webhook.url"),
        ("", "webhook.url"),
        ("https://127.0.0.1/", "webhook.not_public"),
        ("https://[::ffff:10.0.0.1]/", "webhook.not_public"),
        ("https://169.254.169.254/latest/meta-data", "webhook.not_public"),
    ],
)
def test_addresses_that_are_refused_at_once(url, code):
    with pytest.raises(Refused) as refused:
        parse_target(url, loopback=False)
    assert refused.value.code == code


def found(*addresses):
    return lambda *_, **__: [(0, 0, 0, "", (address, 443)) for address in addresses]


@pytest.mark.parametrize("answer", [("10.0.0.1",), ("8.8.8.8", "127.0.0.1"), ("fe80::1%eth0",)])
def test_a_name_that_means_a_private_address_is_refused(monkeypatch, answer):
    monkeypatch.setattr(socket, "getaddrinfo", found(*answer))
    with pytest.raises(Refused) as refused:
        resolve(parse_target("https://hr.example.com/", loopback=False), loopback=False)
    assert refused.value.code == "webhook.not_public"


@pytest.mark.parametrize("url", ["https://0x7f000001/", "https://2130706433/", "https://127.1/"])
def test_an_address_written_oddly_is_checked_when_resolved(monkeypatch, url):
    monkeypatch.setattr(socket, "getaddrinfo", found("127.0.0.1"))
    with pytest.raises(Refused):
        resolve(parse_target(url, loopback=False), loopback=False)


def test_the_address_found_is_the_one_connected_to(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", found("8.8.8.8", "8.8.4.4"))
    target = parse_target("https://hr.example.com:8443/x?y", loopback=False)
    assert resolve(target, loopback=False) == "8.8.8.8"
    assert (target.authority, target.path) == ("hr.example.com:8443", "/x?y")
