"""Whose a network address is."""

from ipaddress import ip_address

import pytest

from app.core.addresses import network_of


@pytest.mark.parametrize(
    ("written", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_network_of(written: str, network: str) -> None:
    assert network_of(ip_address(written)) == network
