"""How an authorization response travels: in the query, the fragment or a form; plain or signed."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

Parameters = tuple[tuple[str, str], ...]


def _in_query(redirect_uri: str, parameters: Parameters) -> str:
    """The registered address's own query is kept (RFC 6749 §3.1.2)."""
    separator = "&" if urlsplit(redirect_uri).query else "" if redirect_uri.endswith("?") else "?"
    return redirect_uri + separator + urlencode(parameters)


def _in_fragment(redirect_uri: str, parameters: Parameters) -> str:
    """No registered address has a fragment of its own."""
    return f"{redirect_uri}#{urlencode(parameters)}"


# Where each mode redirects to; ``None``: it does not redirect, a page posts the parameters
# (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode §2).
CARRIERS: dict[str, Callable[[str, Parameters], str] | None] = {
    "query": _in_query,
    "fragment": _in_fragment,
    "form_post": None,
}
# Each carries the answer as one signed JWT (JARM §2.3); plain ``jwt`` means the query, for codes.
SIGNED = {"query.jwt": "query", "fragment.jwt": "fragment", "form_post.jwt": "form_post", "jwt": "query"}
RESPONSE_MODES = (*CARRIERS, *SIGNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationResponse:
    """What goes back to the client through the browser. ``response_mode`` is one of ``CARRIERS``."""

    redirect_uri: str
    parameters: Parameters
    response_mode: str = "query"

    @property
    def location(self) -> str | None:
        """The address to redirect to; ``None`` where a page posts ``parameters`` to ``redirect_uri``."""
        carry = CARRIERS[self.response_mode]
        return carry(self.redirect_uri, self.parameters) if carry else None
