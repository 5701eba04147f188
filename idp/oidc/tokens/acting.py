"""Grants made under a mandate: their subject is the principal, and tokens say who acts and by what right."""

from collections.abc import Mapping
from typing import Any

from idp.accounts.mandate import Mandate
from idp.accounts.mandates import Mandates
from idp.oidc.clients.client import Client
from idp.oidc.errors import InvalidGrant
from idp.oidc.tokens.grant import Grant
from idp.oidc.tokens.rar import worth_vnd
from idp.oidc.tokens.subject import Subjects

ACT = "act"  # RFC 8693 §4.1
MANDATE = "mandate"  # ours: role, services, limit_vnd, expires_at


class Acting:
    """Looks at the mandate of a grant at every use. A grant that has none costs nothing here."""

    def __init__(self, mandates: Mandates, subjects: Subjects) -> None:
        self._mandates = mandates
        self._subjects = subjects

    def stands(self, grant: Grant) -> bool:
        """Whether what a grant rests on holds: its mandate, and the agent's and the principal's accounts."""
        return grant.mandate_id is None or _bears(self._mandates.live(grant.mandate_id), grant)

    def hold(self, grant: Grant) -> None:
        """As ``stands``; whoever ends the mandate then waits for the end of the open transaction.

        Raises:
            InvalidGrant: it does not hold any more.
        """
        if grant.mandate_id is None:
            return
        if not _bears(self._mandates.live(grant.mandate_id, hold=True), grant):
            raise InvalidGrant("the mandate that this was allowed under has ended, or is not enough for it")

    def told(self, client: Client, grant: Grant, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is told of a grant, with ``act`` and ``mandate`` where it was made under one.

        The agent is the innermost actor: clients that exchanged the token since stand around them, the
        last one outermost (RFC 8693 §4.1).

        Args:
            client: who is told; the agent's ``sub`` is the one that it knows.
        """
        if grant.mandate_id is None or grant.agent_id is None:
            return told
        mandate = self._mandates.find(grant.mandate_id)
        if mandate is None:
            raise AssertionError("mandates are kept")
        agent = {"sub": self._subjects.subject(client, grant.agent_id)}
        return {**told, ACT: _around(agent, told.get(ACT)), MANDATE: _described(mandate, grant)}


def _bears(mandate: Mandate | None, grant: Grant) -> bool:
    """Whether a mandate that holds is enough for a grant: at its client, for the acts allowed."""
    return (
        mandate is not None and mandate.covers(grant.client_id) and mandate.allows(worth_vnd(grant.details))
    )


def exchangers(claims: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The actors of a token of ours short of the agent: the clients that exchanged it; ``None``: nobody."""
    actor: Mapping[str, Any] | None = claims.get(ACT)
    return _short_of_innermost(actor) if actor is not None and MANDATE in claims else actor


def _around(agent: Mapping[str, Any], actors: Mapping[str, Any] | None) -> dict[str, Any]:
    if actors is None:
        return dict(agent)
    return {**actors, ACT: _around(agent, actors.get(ACT))}


def _short_of_innermost(actor: Mapping[str, Any]) -> dict[str, Any] | None:
    if ACT not in actor:
        return None
    inner = _short_of_innermost(actor[ACT])
    outer = {name: value for name, value in actor.items() if name != ACT}
    return outer if inner is None else {**outer, ACT: inner}


def _described(mandate: Mandate, grant: Grant) -> dict[str, Any]:
    """The mandate as far as it concerns the grant's client: what else it covers is no business of its."""
    described: dict[str, Any] = {"role": mandate.role.value}
    if mandate.services:
        described["services"] = [grant.client_id]
    if mandate.limit_vnd is not None:
        described["limit_vnd"] = mandate.limit_vnd
    if mandate.ends_at is not None:
        described["expires_at"] = int(mandate.ends_at.timestamp())
    return described
