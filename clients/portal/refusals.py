"""Why a sign-in did not succeed. The words for people stand in ``locale/``, by reason."""

from enum import StrEnum


class Reason(StrEnum):
    """One page each."""

    DECLINED = "declined"
    STALE = "stale"
    UNTRUSTED = "untrusted"
    LEVEL_TOO_LOW = "level_too_low"
    TOO_OLD = "too_old"
    ENDED = "ended"
    BUSY = "busy"
    MISCONFIGURED = "misconfigured"
    UNREACHABLE = "unreachable"


STATUS = {
    Reason.DECLINED: 200,
    Reason.STALE: 400,
    Reason.UNTRUSTED: 400,
    Reason.LEVEL_TOO_LOW: 403,
    Reason.TOO_OLD: 403,
    Reason.ENDED: 200,
    Reason.BUSY: 503,
    Reason.MISCONFIGURED: 502,
    Reason.UNREACHABLE: 503,
}

# Error codes of RFC 6749 §4.1.2.1 and OIDC Core 1.0 §3.1.2.6; whatever is not here is our own mistake.
ANSWERS = {
    "access_denied": Reason.DECLINED,
    "login_required": Reason.STALE,
    "interaction_required": Reason.STALE,
    "consent_required": Reason.STALE,
    "account_selection_required": Reason.STALE,
    "unmet_authentication_requirements": Reason.LEVEL_TOO_LOW,
    "temporarily_unavailable": Reason.BUSY,
    "server_error": Reason.BUSY,
}


class SignInRefused(Exception):
    """The portal does not let somebody in, or on. ``back_to`` is where they were going.

    ``detail`` is for the log: short, ours, without a token or a claim in it.
    """

    def __init__(self, reason: Reason, back_to: str = "/", *, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.back_to = back_to
        self.detail = detail


def refusal_for(error: str, description: str, back_to: str) -> SignInRefused:
    """The refusal that an error answer of the provider stands for.

    The description is for developers: it goes to the log, quoted and cut, and never onto a page, for anybody
    can write the address that it came in.
    """
    reason = ANSWERS.get(error, Reason.MISCONFIGURED)
    return SignInRefused(reason, back_to, detail=f"{error[:60]!r} {description[:200]!r}")
