"""Resource indicators (RFC 8707): where an access token may be used."""

from collections.abc import Collection

from idp.oidc.errors import InvalidTarget

# The parameters that may be repeated; their values are joined by blanks.
RESOURCE = "resource"
AUDIENCE = "audience"  # the same by another name, in token exchange (RFC 8693 §2.1)
MAX_RESOURCES = 10


def read_resources(asked: str | None, allowed: Collection[str]) -> tuple[str, ...]:
    """The resources named, each once, in order; none asked for is none.

    Raises:
        InvalidTarget: one of them is not among those allowed, byte for byte, or there are too many.
    """
    named = tuple(dict.fromkeys((asked or "").split()))
    if len(named) > MAX_RESOURCES:
        raise InvalidTarget(f"resource: expected at most {MAX_RESOURCES}")
    for name in named:
        if name not in allowed:
            raise InvalidTarget(f"resource: {name[:80]}: not registered, or not allowed before")
    return named
