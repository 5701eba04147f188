"""What a resource asks of the sign-in behind an access token, and how it says so (RFC 9470)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.assurance import acr_of, level_of
from idp.oidc.errors import InsufficientUserAuthentication, InvalidRequest, came
from idp.oidc.tokens.grant import Grant

MAX_AGE_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Demand:
    """``levels`` are those that would do, the most wanted first, and so would any higher one; empty: any."""

    levels: tuple[int, ...] = ()
    max_age: timedelta | None = None

    @property
    def told(self) -> dict[str, str]:
        """The members of the challenge, which are those of the authorization request to come (§3, §4)."""
        members = {"acr_values": " ".join(map(acr_of, self.levels))} if self.levels else {}
        return members | ({} if self.max_age is None else {"max_age": f"{self.max_age.total_seconds():.0f}"})


def read_demand(parameters: Mapping[str, str]) -> Demand:
    """``acr_values`` and ``max_age`` as a resource was told to ask for them. Raises ``InvalidRequest``."""
    words, age = (parameters.get("acr_values") or "").split(), parameters.get("max_age")
    levels = [level_of(word) for word in words]
    if None in levels:
        raise InvalidRequest(f"acr_values: expected levels that discovery names{came(' '.join(words))}")
    known = tuple(level for level in levels if level is not None)
    return Demand(known, read_max_age(age) if age else None)


def read_max_age(text: str) -> timedelta:
    """Raises ``InvalidRequest``: it is no number of seconds."""
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_AGE_DIGITS):
        raise InvalidRequest(f"max_age: expected a number of seconds{came(text)}")
    return timedelta(seconds=int(text))


def hold(grant: Grant, demand: Demand, now: datetime) -> None:
    """That the sign-in behind a token is what the resource asks for; a client's own right has none.

    Raises:
        InsufficientUserAuthentication: too low or too long ago.
    """
    if demand.levels and (grant.auth_time is None or grant.level < min(demand.levels)):
        raise InsufficientUserAuthentication("a sign-in at another level is asked for", demand.told)
    if demand.max_age is not None and (grant.auth_time is None or now - grant.auth_time > demand.max_age):
        raise InsufficientUserAuthentication("a more recent sign-in is asked for", demand.told)
