"""For whom somebody signs in: themself, or an account that they may act for at the client."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from idp.accounts.account import Account, Accounts
from idp.accounts.guardianship import must_agree
from idp.accounts.mandate import Mandate, Role
from idp.accounts.mandates import Mandates
from idp.kernel.clock import Clock
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.clients.client import Client, Clients
from idp.oidc.consent import Consents, no_consent
from idp.oidc.tokens.disclosure import Disclosure
from idp.oidc.tokens.rar import worth_vnd
from idp.oidc.tokens.subject import Subjects
from idp.signin.interaction import Interaction, Option, Whom
from idp.signin.next_step import ChooseWhom, offered
from idp.statute.ages import day_in_vietnam

# In which role one acts for what a client is registered to accept; in all others for organisations.
WARD, ORGANISATION = "ward", "organisation"


@dataclass(frozen=True, slots=True)
class Choosing:
    """Finds out whom a person may act for. Clients that accept nobody but the person cost nothing here."""

    accounts: Accounts
    mandates: Mandates
    clients: Clients
    consents: Consents
    disclosure: Disclosure
    subjects: Subjects
    clock: Clock

    def options(self, client: Client | None, account_id: UUID) -> tuple[Option, ...]:
        """Whom an account's holder may act for at a client."""
        if client is None or not client.metadata.acts_for:
            return ()
        return tuple(
            Option(
                mandate_id=mandate.id,
                principal_id=mandate.principal_id,
                role=mandate.role.value,
                subject=self.subjects.subject(client, mandate.principal_id),
                limit_vnd=mandate.limit_vnd,
            )
            for mandate in self.mandates.usable_by(account_id)
            if mandate.covers(client.client_id) and _kind(mandate) in client.metadata.acts_for
        )

    def principals(self, account_id: UUID) -> tuple[UUID, ...]:
        """Whom an account's holder may act for, somewhere."""
        return tuple(dict.fromkeys(each.principal_id for each in self.mandates.usable_by(account_id)))

    def may_answer(self, request: AuthorizationRequest, account_id: UUID, principal_id: UUID) -> bool:
        """Whether an account's holder may say yes to a request for another: in its roles, and that far."""
        worth, roles = worth_vnd(request.details), request.mandate_roles
        return any(
            option.principal_id == principal_id
            and (roles is None or option.role in roles)
            and (option.limit_vnd is None or worth <= option.limit_vnd)
            for option in self.options(self.clients.find(request.client_id), account_id)
        )

    def settled(self, interaction: Interaction) -> Interaction:
        """With the choice made where only one is left: the client demands it, or its hint names it."""
        request, answering = interaction.request, interaction.answering
        if request is None or answering is None or not answering.options:
            return interaction
        choice = offered(answering, request)
        if choice.may_be_oneself or len(choice.options) != 1:
            return interaction
        return replace(interaction, whom=self._whom(request, choice.options[0]))

    def chosen(self, interaction: Interaction, step: ChooseWhom, choice: str) -> Interaction | None:
        """With the choice that a person made, or ``None``: it was not offered.

        Args:
            choice: the id of a mandate; empty: for oneself.
        """
        request, answering = interaction.request, interaction.answering
        if request is None or answering is None:
            return None
        if not choice and step.may_be_oneself:
            whom = Whom(account_id=answering.account_id, consent=answering.consent, lacks=answering.lacks)
            return replace(interaction, whom=whom)
        for option in step.options:
            if str(option.mandate_id) == choice:
                return replace(interaction, whom=self._whom(request, option))
        return None

    def shown(self, options: Sequence[Option]) -> list[tuple[Mandate, Account]]:
        """What a person reads of each option: the mandate, and for whom."""
        shown = [
            (mandate, self.accounts.the(option.principal_id))
            for option in options
            if (mandate := self.mandates.find(option.mandate_id)) is not None
        ]
        return sorted(shown, key=lambda each: each[1].identity.name)

    def lacking(self, account: Account, request: AuthorizationRequest) -> frozenset[str]:
        """Of what is asked for, what an account has not got."""
        client = self.clients.find(request.client_id)
        if client is None:
            return frozenset()
        return self.disclosure.lacking(client, account, request.scope, request.claims)

    def _whom(self, request: AuthorizationRequest, option: Option) -> Whom:
        client = self.clients.find(request.client_id)
        principal = self.accounts.the(option.principal_id)
        is_ward = option.role == Role.GUARDIAN
        return Whom(
            account_id=option.principal_id,
            mandate_id=option.mandate_id,
            must_agree=is_ward and must_agree(principal.identity, day_in_vietnam(self.clock())),
            limit_vnd=option.limit_vnd,
            consent=self.consents.counting(option.principal_id, client, request.redirect_uri)
            if client
            else no_consent(request.client_id),
            lacks=self.lacking(principal, request),
        )


def _kind(mandate: Mandate) -> str:
    return WARD if mandate.role == Role.GUARDIAN else ORGANISATION
