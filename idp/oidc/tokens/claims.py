"""Which claims a grant releases, and where (OIDC Core 1.0 §5.4, §5.5)."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from idp.accounts.kinds import Kind
from idp.oidc.errors import InvalidRequest
from idp.oidc.tokens.verified_claims import PROVEN, VerifiedRequest, as_text, read_verified

# What no register knows, and only a demonstration's sample people tell of themselves.
SELF_TOLD = ("nickname", "preferred_username", "profile", "picture", "website")

SCOPES: dict[str, tuple[str, ...]] = {
    "openid": (),
    "profile": (
        "name",
        "family_name",
        "middle_name",
        "given_name",
        "gender",
        "birthdate",
        *SELF_TOLD,
        "zoneinfo",
        "locale",
        "updated_at",
    ),
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
    "address": ("address",),
    "identity": ("identity_number",),
    # By the kind of account: what Decree 69/2024 Art. 4 to 6 has an electronic identity hold.
    "person": (
        "account_kind",
        "name",
        "family_name",
        "middle_name",
        "given_name",
        "gender",
        "birthdate",
        "nationalities",
        "province",
    ),
    "foreigner": ("account_kind", "foreigner_number", "nationalities", "travel_document"),
    "organisation": (
        "account_kind",
        "organisation_number",
        "name",
        "short_name",
        "foreign_name",
        "established_on",
        "head_office",
        "tax_code",
        "enterprise_code",
        "agency_code",
    ),
    "offline_access": (),
}
EVERYBODY = frozenset(Kind)
PEOPLE = frozenset({Kind.CITIZEN, Kind.FOREIGNER})
# Of whom a scope says anything; those not named here, of everybody.
SAYS_OF = {
    "person": PEOPLE,
    "foreigner": frozenset({Kind.FOREIGNER}),
    "organisation": frozenset({Kind.ORGANISATION}),
}
LEGACY_IDS = "legacy_ids"
# May be asked for by name alone, through the ``claims`` parameter: most say less than the scope they are
# drawn from; a person's tax code is their identity number, and old identifiers are one sector's own.
BY_NAME = ("age_over_14", "age_over_18", "province", "account_kind", "tax_code", LEGACY_IDS)
# Facts of the sign-in, in every ID token: they cannot be consented to or withheld.
PROTOCOL_CLAIMS = (
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "sid",
    "at_hash",
    "account_level",
    "act",
    "mandate",
)
PLACES = ("id_token", "userinfo")
# Where a grant keeps what its scopes stand for and was not shown, for the account had not got it.
UNSEEN = "unseen"
VERIFIED = "verified_claims"
MAX_CLAIMS_BYTES = 4096
# Come along with the claim they qualify, and are no item of their own on the consent page.
COMPANIONS = {"email_verified": "email", "phone_number_verified": "phone_number"}
UNSAID = frozenset({"zoneinfo", "locale", "updated_at"})


def deliverable(*, has_self_told: bool = True) -> tuple[str, ...]:
    """Every claim there is; without the self-told ones, ``claims_supported`` of a provider of real people."""
    names = [*PROTOCOL_CLAIMS, *by_scope(SCOPES), *BY_NAME]
    return tuple(dict.fromkeys(name for name in names if has_self_told or name not in SELF_TOLD))


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedClaim:
    """One claim asked for by name. ``values`` are the ones that would do; empty: any."""

    name: str
    is_essential: bool = False
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsRequest:
    """The ``claims`` parameter, parsed (OIDC Core 1.0 §5.5; with proof: IDA §5.3)."""

    id_token: tuple[RequestedClaim, ...] = ()
    userinfo: tuple[RequestedClaim, ...] = ()
    verified_id_token: tuple[VerifiedRequest, ...] = ()
    verified_userinfo: tuple[VerifiedRequest, ...] = ()

    def named(self, name: str, place: str = "id_token") -> RequestedClaim | None:
        return next((claim for claim in getattr(self, place) if claim.name == name), None)

    def individual(self) -> tuple[RequestedClaim, ...]:
        """What is asked for beyond the protocol's own claims, each once, essential if it is anywhere.

        The same claim with its proof is another one, named so.
        """
        found: dict[str, RequestedClaim] = {}
        proven = (
            RequestedClaim(name=PROVEN + claim.name, is_essential=claim.is_essential)
            for request in (*self.verified_id_token, *self.verified_userinfo)
            for claim in request.claims
        )
        for claim in (*self.id_token, *self.userinfo, *proven):
            if claim.name in PROTOCOL_CLAIMS:
                continue
            if claim.name not in found or claim.is_essential:
                found[claim.name] = claim
        return tuple(found.values())

    def allowed(self, names: Collection[str]) -> dict[str, tuple[str, ...]]:
        """What a grant keeps: the claims of each place that are among ``names``.

        What is to come with its proof is kept as the request for it, cut to the claims allowed.
        """
        kept = {
            place: tuple(claim.name for claim in getattr(self, place) if claim.name in names)
            for place in PLACES
        }
        proven = [name.removeprefix(PROVEN) for name in names if name.startswith(PROVEN)]
        for place in (f"verified_{place}" for place in PLACES if proven):
            cut = [request.narrowed(proven) for request in getattr(self, place)]
            if texts := tuple(as_text(request) for request in cut if request.claims):
                kept[place] = texts
        return kept


def read_claims_request(text: str) -> ClaimsRequest:
    """Parse the ``claims`` parameter.

    Claims that we do not know are left out, as the specification asks.

    Raises:
        InvalidRequest: not a JSON object of the form that §5.5 gives.
    """
    try:
        asked = json.loads(text) if len(text) <= MAX_CLAIMS_BYTES else None
        if "\\u" in text:
            json.dumps(asked, ensure_ascii=False).encode()  # half a surrogate pair could never be stored
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise InvalidRequest(
            "claims: expected a JSON object of at most 4096 bytes with id_token and userinfo"
        )
    known = frozenset(deliverable())
    verified = {
        f"verified_{place}": read_verified(members[VERIFIED], f"claims.{place}.{VERIFIED}")
        for place in PLACES
        if isinstance(members := asked.get(place), dict) and VERIFIED in members
    }
    named = {place: tuple(_read_place(asked.get(place), place, known)) for place in PLACES}
    return ClaimsRequest(**named, **verified)  # type: ignore[arg-type]


def _read_place(asked: object, place: str, known: frozenset[str]) -> Iterable[RequestedClaim]:
    if asked is None:
        return
    if not isinstance(asked, dict):
        raise InvalidRequest(f"claims.{place}: expected an object whose members are claim names")
    for name, wish in asked.items():
        if name == VERIFIED:
            continue
        if wish is None:
            wish = {}  # noqa: PLW2901
        if not isinstance(wish, dict) or not isinstance(wish.get("essential", False), bool):
            raise InvalidRequest(
                f"claims.{place}: each member is null or an object with essential, value, values"
            )
        values = wish["values"] if "values" in wish else [wish["value"]] if "value" in wish else []
        if not isinstance(values, list):
            raise InvalidRequest(f"claims.{place}: values is an array")
        if name in known:
            yield RequestedClaim(
                name=name, is_essential=wish.get("essential", False), values=tuple(map(_plain, values))
            )


def _plain(value: object) -> object:
    """A value to compare with; none of the claims that are compared is an object or an array."""
    return value if isinstance(value, str | int | float | bool | None) else ""


def by_scope(scope: Iterable[str], kind: Kind | None = None) -> tuple[str, ...]:
    """The claims that scopes stand for, in order, each once; for an account of one kind, or for any."""
    return _by_scope(tuple(scope), kind)


@lru_cache(maxsize=1024)
def _by_scope(scope: tuple[str, ...], kind: Kind | None) -> tuple[str, ...]:
    words = [word for word in scope if kind is None or kind in SAYS_OF.get(word, EVERYBODY)]
    return tuple(dict.fromkeys(name for word in words for name in SCOPES.get(word, ())))


def released(available: Mapping[str, object], names: Iterable[str]) -> dict[str, object]:
    """Those of an account's claims that are named, without what the account lacks."""
    return {name: available[name] for name in names if available.get(name) is not None}
