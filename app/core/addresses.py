"""Of network addresses: whose one is."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network

SUBSCRIBER = 64


def network_of(address: IPv4Address | IPv6Address) -> str:
    """What one customer of a provider has: an address of IPv4, of IPv6 the network around it, in which its owner
    chooses a new address at will."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), SUBSCRIBER), strict=False))
    return str(address)
