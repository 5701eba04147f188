"""What a client is told of an account: what was consented to, as far as it is registered for it."""

from collections.abc import Collection

from idp.accounts.account import Account
from idp.accounts.claims import claims as claims_of
from idp.accounts.legacy_links import LegacyLinks
from idp.kernel.clock import Clock
from idp.oidc.clients.client import Client
from idp.oidc.tokens.claims import LEGACY_IDS, SELF_TOLD, UNSAID, UNSEEN, ClaimsRequest, by_scope, released
from idp.oidc.tokens.grant import Grant
from idp.oidc.tokens.purpose import within_purpose
from idp.oidc.tokens.verification import Verifications, proven_too
from idp.statute.ages import day_in_vietnam


class Disclosure:
    """Answers for the ID token, for UserInfo, and for the page that asks for consent to either."""

    def __init__(self, legacy_links: LegacyLinks, verifications: Verifications, clock: Clock) -> None:
        self._legacy_links = legacy_links
        self._verifications = verifications
        self._clock = clock

    def told(
        self, client: Client, grant: Grant, account: Account, place: str, scope: tuple[str, ...] = ()
    ) -> dict[str, object]:
        """The claims about a grant's account in one place.

        Args:
            scope: of the access token, where scopes are answered at all: at UserInfo.
        """
        grant = within_purpose(client, grant)
        scope = tuple(word for word in scope if word in grant.scope)
        unseen = grant.claims.get(UNSEEN, ())
        shown = [name for name in by_scope(scope, account.kind) if name not in unseen]
        names = [*shown, *grant.claims.get(place, ())]
        return {
            **released(self.available(client, account, names), names),
            **self._verifications.claims(client, grant, account, place),
        }

    def lacking(
        self, client: Client, account: Account, scope: Collection[str], claims: ClaimsRequest
    ) -> frozenset[str]:
        """Of what a request asks for, what the account has not got: no page can show it to be agreed to.

        Short of what no page ever names, and of what a demonstration's people have from their beginning.
        """
        asked = {*by_scope(scope, account.kind), *(claim.name for claim in claims.individual())}
        known = proven_too(account, self.available(client, account, asked))
        return frozenset(name for name in asked.difference(UNSAID, SELF_TOLD) if known.get(name) is None)

    def available(self, client: Client, account: Account, names: Collection[str]) -> dict[str, object]:
        """All that an account can tell a client; what costs a look-up only if it is among ``names``.

        Old identifiers are told to the sector whose they are, and no other.
        """
        available = claims_of(account, day_in_vietnam(self._clock()))
        if LEGACY_IDS in names and (known := self._legacy_links.of(account.id, client.sector)):
            available[LEGACY_IDS] = list(known)
        return available
