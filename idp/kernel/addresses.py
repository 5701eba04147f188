"""Which network addresses belong to the world, and which to this house and its neighbours."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address

NAT64 = IPv6Network("64:ff9b::/96")
# Public by their numbers, and yet control planes of clouds (168.63.129.16, 192.0.0.192) or translators.
NOT_PUBLIC = tuple(ip_network(n) for n in ("168.63.129.16/32", "192.0.0.0/24", "64:ff9b:1::/48"))


def is_public(address: Address) -> bool:
    """Whether an address is the world's: not this host, its network, a neighbour, nor a control plane."""
    plain = embedded(address)
    if plain.is_multicast or plain.is_reserved or any(plain in network for network in NOT_PUBLIC):
        return False
    if isinstance(plain, IPv6Address) and (plain.is_site_local or plain.teredo or plain.sixtofour):
        return False
    return plain.is_global


def embedded(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that leads to it (RFC 4291 §2.5.5, RFC 6052 §2.1)."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
