"""Rich authorization requests (RFC 9396): what exactly the client asks to do, typed."""

from collections.abc import Callable, Mapping
from typing import Any

from idp.accounts.mandate import Role
from idp.keyring.jose import BadToken, read_object
from idp.oidc.clients.client import Client
from idp.oidc.errors import InvalidAuthorizationDetails

DETAILS = "authorization_details"
MAX_DETAILS = 10
MAX_TEXT = 200
MAX_DIGITS = 12
MAX_CHARACTERS = 4096


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT and value.isprintable()


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and 0 < len(value) <= MAX_DETAILS and all(map(_is_text, value))


def _is_amount(value: object) -> bool:
    """As a string of digits, for no JSON number keeps money exactly."""
    return (
        isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len("999999999999")
    )


def _is_roles(value: object) -> bool:
    return _is_texts(value) and isinstance(value, list) and set(value) <= set(Role)


Check = Callable[[object], bool]
Details = tuple[Mapping[str, Any], ...]

# Each type: its members, all of them needed, each with what it must be. A new one also needs its words in
# idp/locale/*/claims.toml, for the consent page names every member.
TYPES: Mapping[str, Mapping[str, tuple[str, Check]]] = {
    "dossier": {
        "procedure": ("text", _is_text),
        "identifier": ("text", _is_text),
        "actions": ("an array of texts", _is_texts),
    },
    "fee_payment": {
        "creditor": ("text", _is_text),
        "reference": ("text", _is_text),
        "amount_vnd": ("digits in a string", _is_amount),
    },
    # Ours: the person is to act for another account, in one of these roles.
    "mandate": {"roles": (f"an array of {' '.join(Role)}", _is_roles)},
}


def read_details(text: str, client: Client) -> Details:
    """Parse ``authorization_details`` (RFC 9396 §2).

    Raises:
        InvalidAuthorizationDetails: naming the member, what was expected and what came (§5).
    """
    try:
        asked = _read_strictly(text)
    except BadToken as error:
        raise InvalidAuthorizationDetails(
            f"authorization_details: {error.reason}; expected a JSON array of objects"
        ) from None
    if not isinstance(asked, list) or not 0 < len(asked) <= MAX_DETAILS:
        raise InvalidAuthorizationDetails(
            f"authorization_details: expected a JSON array of 1 to {MAX_DETAILS} objects"
        )
    return tuple(_checked(detail, client) for detail in asked)


def narrowed_details(text: str, client: Client, allowed: Details) -> Details:
    """Fewer of the details allowed, or less of each (RFC 9396 §6).

    An array may leave elements out; everything else stays as it was allowed. What was allowed once is not
    made two of: each detail named needs one of those allowed for itself.

    Raises:
        InvalidAuthorizationDetails: as in ``read_details``, or this was not allowed.
    """
    asked, left = read_details(text, client), list(allowed)
    for detail in asked:
        source = next((known for known in left if _is_within(detail, known)), None)
        if source is None:
            raise InvalidAuthorizationDetails(
                f"authorization_details: {detail['type']}: more than was allowed, or something else"
            )
        left.remove(source)
    return asked


def _is_within(asked: Mapping[str, Any], allowed: Mapping[str, Any]) -> bool:
    return asked.keys() == allowed.keys() and all(
        set(value) <= set(allowed[name]) if isinstance(value, list) else value == allowed[name]
        for name, value in asked.items()
    )


def worth_vnd(details: Details) -> int:
    """What a yes to all of them is worth: together, or a limit is passed by cutting an act in pieces."""
    return sum(int(value) for detail in details for name, value in detail.items() if name.endswith("_vnd"))


def _read_strictly(text: str) -> object:
    """Any JSON value, as strictly as a token's. The strict reader takes objects only, so it goes in one."""
    if len(text) > MAX_CHARACTERS:
        raise BadToken("too_large")
    read = read_object(b'{"":' + text.encode() + b"}")
    if len(read) != 1:
        raise BadToken("not_json")
    return read[""]


def _checked(detail: object, client: Client) -> Mapping[str, Any]:
    kind = detail.get("type") if isinstance(detail, dict) else None
    if not isinstance(detail, dict) or not isinstance(kind, str):
        raise InvalidAuthorizationDetails("authorization_details: type: missing; expected text")
    if kind not in TYPES or kind not in client.metadata.authorization_details_types:
        raise InvalidAuthorizationDetails(
            f"authorization_details: type {kind[:32]}: expected one registered for this client"
        )
    members = TYPES[kind]
    for name in detail.keys() - members.keys() - {"type"}:
        raise InvalidAuthorizationDetails(f"authorization_details: {kind}: {name[:32]}: unknown member")
    for name, (expected, is_fit) in members.items():
        if not is_fit(detail.get(name)):
            raise InvalidAuthorizationDetails(f"authorization_details: {kind}: {name}: expected {expected}")
    return detail
