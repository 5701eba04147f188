"""Every event and every fact the house remembers. ``docs/audit-events.md`` is made here."""

import sys
from enum import StrEnum
from pathlib import Path


class Event(StrEnum):
    """Something worth remembering; ``meaning`` tells it in one line."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> "Event":
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    SIGN_IN_PROOF_GIVEN = "sign_in.proof_given", "One method verified."
    SIGN_IN_PROOF_REFUSED = "sign_in.proof_refused", "One method was tried and did not verify."
    SIGN_IN_LOCKED_OUT = (
        "sign_in.locked_out",
        "The budget of attempts was spent; more are refused for a while.",
    )
    SIGN_IN_COMPLETED = "sign_in.completed", "A sign-in reached what was asked of it."
    SIGN_IN_REFUSED = "sign_in.refused", "A sign-in ended without success."
    SESSION_ENDED = "session.ended", "A signed-in browser was signed out, or its time ran out."

    CONSENT_GIVEN = "consent.given", "An account allowed a client the listed scopes."
    CONSENT_REFUSED = "consent.refused", "An account refused what a client asked."
    CONSENT_WITHDRAWN = "consent.withdrawn", "An account took a consent back."
    CONSENT_WITHDRAWAL_CONFIRMED = (
        "consent.withdrawal_confirmed",
        "A client has acted on a consent that was taken back.",
    )

    CODE_ISSUED = "code.issued", "An authorization code was given to a client."
    CODE_REPLAYED = "code.replayed", "A code came a second time; what was born of it is revoked."
    TOKEN_ISSUED = "token.issued", "Tokens were issued for a grant."
    TOKEN_REFRESHED = "token.refreshed", "A refresh token was exchanged for new tokens."
    TOKEN_EXCHANGED = "token.exchanged", "A back end got a narrower token for one that was sent to it."
    TOKEN_REFUSED = "token.refused", "The token endpoint refused a grant."
    REQUEST_RECEIVED = "request.received", "A client asked for an answer that is given elsewhere."
    REQUEST_ALLOWED = "request.allowed", "An account allowed a request that waited elsewhere."
    REQUEST_REFUSED = "request.refused", "A request that waited elsewhere was refused."
    USER_CODE_UNKNOWN = "user_code.unknown", "A code of a device was entered that no request waits under."
    REFRESH_REUSED = "refresh.reused", "A spent refresh token came again; its family is revoked."
    GRANT_REVOKED = "grant.revoked", "A grant and all its tokens were revoked."

    CLIENT_INVITED = "client.invited", "An operator gave leave to register relying parties."
    CLIENT_REGISTERED = "client.registered", "A relying party was registered."
    CLIENT_CHANGED = "client.changed", "A relying party's registration was changed."
    CLIENT_REMOVED = "client.removed", "A relying party was removed."
    CLIENT_REFUSED = "client.refused", "A client failed to prove itself, or asked what it may not."

    ACCOUNT_OPENED = "account.opened", "An account was opened; it waits for activation."
    ACCOUNT_OPENING_REFUSED = "account.opening_refused", "An account could not be opened."
    ACCOUNT_ACTIVATED = "account.activated", "The holder activated an account."
    ACCOUNT_ACTIVATION_REFUSED = "account.activation_refused", "A wrong or expired activation code was given."
    ACCOUNT_LOCKED = "account.locked", "An account was locked, on a ground."
    ACCOUNT_UNLOCKED = "account.unlocked", "An account was unlocked."
    ACCOUNT_LOCK_ENDED = "account.lock_ended", "A ground of a lock ended; others keep the account locked."
    CORRECTION_FILED = "correction.filed", "A holder said that something of their identity is wrong."
    CORRECTION_ACKNOWLEDGED = "correction.acknowledged", "An officer has a request for correction."
    CORRECTION_DECIDED = "correction.decided", "A request for correction was decided, or taken back."
    LOCK_REQUEST_FILED = "lock_request.filed", "An authority asked for a lock, or for its end."
    LOCK_REQUEST_FORWARDED = "lock_request.forwarded", "An officer passed an authority's request on."
    LOCK_REQUEST_DECIDED = "lock_request.decided", "Another officer decided an authority's request."
    ACCOUNT_CORRECTED = "account.corrected", "A register has other details of the holder now."
    ACCOUNT_HANDED_OVER = (
        "account.handed_over",
        "Acting alone now, the holder took over the account that guardians had used.",
    )
    ACCOUNT_PLACED = (
        "account.placed",
        "An adult's own account passed to the guardian whom a court named.",
    )
    ACCOUNT_RENUMBERED = "account.renumbered", "The holder has another number now; the account stayed."
    ACCOUNT_CLOSED = "account.closed", "An account was closed for good."
    ACCOUNT_LEVEL_CHANGED = "account.level_changed", "The level of an account was changed."
    ACCOUNT_SHUT_OUT = (
        "account.shut_out",
        "The holder said that somebody else was in: other sessions and grants ended.",
    )
    ACCOUNT_EXPORTED = "account.exported", "The holder took a copy of all that is kept about them."
    ACCOUNT_VIEWED = "account.viewed", "Somebody other than the holder looked at an account."

    APPLICATION_FILED = "application.filed", "Somebody asked for an account, or for a higher level."
    APPLICATION_DECIDED = (
        "application.decided",
        "An application was accepted, refused or withdrawn, or expired.",
    )
    APPLICATION_ANSWERED = (
        "application.answered",
        "A representative agreed to an application for an organisation, or refused it.",
    )
    APPLICATION_ATTESTED = "application.attested", "An officer saw what an application rests on."
    EVIDENCE_ADDED = "evidence.added", "Something was checked that an account stands on."
    LEGACY_LINKED = "legacy.linked", "A portal's old identifier was linked to an account."
    LEGACY_UNLINKED = "legacy.unlinked", "A portal's old identifier was taken from an account again."
    LEGACY_IMPORTED = "legacy.imported", "A file of portals' old identifiers was taken in."
    OFFICER_APPOINTED = "officer.appointed", "An account's holder acts as an officer from now on."
    OFFICER_ENDED = "officer.ended", "An account's holder no longer acts as an officer."

    MANDATE_GIVEN = "mandate.given", "Somebody may act for an account from now on."
    MANDATE_RECEIVED = "mandate.received", "An account's holder may act for another from now on."
    MANDATE_USED = "mandate.used", "Somebody signed in for an account that they may act for."
    MANDATE_ENDED = "mandate.ended", "Somebody may no longer act for another account."

    AUTHENTICATOR_ENROLLED = "authenticator.enrolled", "An authenticator was added to an account."
    AUTHENTICATOR_CHANGED = "authenticator.changed", "An authenticator's secret was replaced."
    AUTHENTICATOR_REMOVED = "authenticator.removed", "An authenticator was taken from an account."

    MESSAGE_SENT = "message.sent", "A message was handed to a channel for an account's holder."
    MESSAGE_FAILED = "message.failed", "A channel did not take a message."

    KEY_CREATED = "key.created", "A signing key was made and published as the next one."
    KEY_ROTATED = "key.rotated", "The next signing key became the current one."
    KEY_RETIRED = "key.retired", "A signing key left the published set."

    REGISTER_IMPORTED = "register.imported", "Records were imported into a sample register."
    REGISTER_CHANGE_REFUSED = (
        "register.change_refused",
        "What a register told could not be done, and somebody must look into it.",
    )
    REGISTER_CHANGE_SETTLED = (
        "register.change_settled",
        "Somebody has seen to what a register told and could not be done.",
    )

    AUDIT_CHECKPOINTED = "audit.checkpointed", "The heads of the audit chain were written down elsewhere."
    AUDIT_LANE_LOST = (
        "audit.lane_lost",
        "A lane no longer stood where its writer left it: restored or altered.",
    )


# Events that someone should look at today.
ALARMS = frozenset(
    {
        Event.CODE_REPLAYED,
        Event.REFRESH_REUSED,
        Event.SIGN_IN_LOCKED_OUT,
        Event.REGISTER_CHANGE_REFUSED,
        Event.AUDIT_LANE_LOST,
    }
)

# The names a fact may have. None of them may hold a secret, a token, a name, a phone or an identity number.
FACTS: dict[str, str] = {
    "accepted": "how many were taken in",
    "acr": "authentication level, as on the wire",
    "actor": "who acted, where it was not the holder: an account id, `cli`, `law`, a register",
    "address": "network address of the caller",
    "alg": "algorithm of a key or signature",
    "amr": "methods used, in words of RFC 8176, separated by spaces",
    "application": "id of an application",
    "article": "where in the law it stands",
    "attempts_left": "how many tries are left",
    "audience": "resources that a token is for, separated by spaces",
    "auth_method": "how a client proved itself",
    "authenticator": "id of an authenticator",
    "case": "what an application is for, by the statute's word",
    "channel": "how a message travels",
    "claims": "names of claims, separated by spaces; never their values",
    "correction": "id of a request for correction",
    "count": "how many",
    "digest": "SHA-256 of something kept elsewhere, in hexadecimal",
    "error": "error code as on the wire",
    "family": "id of a family of refresh tokens",
    "grant": "id of a grant",
    "grant_type": "what was redeemed",
    "ground": "why an account was locked or closed",
    "is_new": "whether it had not been there before",
    "kid": "id of a key",
    "kind": "kind of account, message or register",
    "lane": "number of an audit lane",
    "level": "account level or authentication level, after the event",
    "lock_request": "id of an authority's request to lock an account, or to unlock it",
    "mandate": "id of a mandate",
    "method": "name of an authentication method",
    "old_kid": "id of the key before",
    "old_level": "level before the event",
    "purpose": "what a consent or a code is for, as a code word",
    "reason": "why, as a code word",
    "refused": "how many were left out",
    "register": "name of a register",
    "request_id": "the request that did it, as in the log",
    "role": "as what somebody acts for another account",
    "scope": "scopes, separated by spaces",
    "seconds": "a duration",
    "sector": "host that the clients of one sector share (OIDC Core 1.0 §8.1)",
    "seq": "position in an audit lane",
    "session": "public id of a session; never the cookie",
    "source": "client_id of the client whose token it was",
    "state": "where an application stands, after the event",
    "tokens": "which kinds of token, separated by spaces",
}


def catalogue() -> str:
    """The page ``docs/audit-events.md``."""
    events = "\n".join(f"| `{event}` | {event.meaning} |" for event in Event)
    facts = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in FACTS.items())
    return (
        "# Audit events\n\n"
        "Made from `idp/audit/events.py` by `python -m idp.audit.events docs/audit-events.md`; "
        "a test keeps the two in step.\n\n"
        "Each event carries its time, the account it concerns, the client where there is one, and facts.\n\n"
        f"| event | meaning |\n| --- | --- |\n{events}\n\n"
        "## Facts\n\n"
        "An event with a fact of another name is refused where it is recorded.\n\n"
        f"| fact | what it holds |\n| --- | --- |\n{facts}\n"
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(catalogue(), encoding="utf-8")
