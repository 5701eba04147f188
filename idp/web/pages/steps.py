"""Shows the page of a sign-in's next step, and answers when it ends. Pages never lead to one another."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Response

from idp.accounts.mandate import Role
from idp.kernel.errors import IdpError
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.clients.client import Client
from idp.oidc.tokens.disclosure import Disclosure
from idp.oidc.tokens.verification import proven_too
from idp.signin.desk import Desk
from idp.signin.devices import LIFE
from idp.signin.ending import Caller, Outcome
from idp.signin.interaction import Interaction
from idp.signin.next_step import AskConsent, ChooseWhom, Identify, Prove, Step
from idp.web.http import see_other
from idp.web.pages.items import Act, acts, asked, items
from idp.web.surface import BROWSER_STATE, DEVICE, SESSION, Surface, shown


@dataclass(frozen=True, slots=True)
class Party:
    """Who is asking, as shown on top of every page of a sign-in."""

    name: str
    domain: str
    is_vetted: bool
    logo_url: str | None = None
    policy_url: str | None = None
    terms_url: str | None = None

    @property
    def initials(self) -> str:
        words = [word for word in self.name.split() if word[0].isalpha()]
        return "".join(word[0].upper() for word in words[:2])


@dataclass(frozen=True, slots=True)
class Steps:
    """The pages of a sign-in, one for each kind of step."""

    surface: Surface
    desk: Desk
    disclosure: Disclosure

    def show(
        self,
        interaction: Interaction,
        step: Step,
        caller: Caller,
        error: IdpError | None = None,
        username: str = "",
        ui_locales: str | None = None,
        *,
        is_resent: bool = False,
    ) -> Response:
        """The page that the step asks for.

        Args:
            error: what was wrong with what was sent before.
            username: what was typed.
            ui_locales: the client's wish, for the first page; from then on the browser's cookie holds it,
                or what the person chose instead.
            is_resent: the code was sent once more, because the person asked.
        """
        client = self.desk.client_of(interaction)
        request = interaction.request
        common: dict[str, Any] = {
            "party": self.party(client, ui_locales),
            "goes_to": request.redirect_uri if request else None,
            "here": f"/signin/{interaction.id}",
            "ui_locales": ui_locales,
            "error": shown(error, "signin" if isinstance(step, Identify) else None),
            "cancel_action": f"/signin/{interaction.id}/cancel",
            "is_resent": is_resent,
        }
        if isinstance(step, Identify):
            hint = username or (request.hint if request else None) or ""
            action = f"/signin/{interaction.id}/identify"
            return self.surface.show("signin.html", caller, action=action, username=hint, **common)
        if isinstance(step, Prove):
            return self._prove(interaction, step, caller, common)
        if isinstance(step, ChooseWhom):
            return self._choose_whom(interaction, step, caller, common)
        if isinstance(step, AskConsent):
            return self._consent(interaction, client, caller, common)
        raise AssertionError("complete and refuse have no page")

    def end(self, outcome: Outcome) -> Response:
        """A sign-in's end: back to the client, or on to the person's own pages."""
        if outcome.response is not None:
            response = self.surface.answer(outcome.response)
        elif outcome.error is not None:
            raise outcome.error
        else:
            response = see_other(outcome.return_to or "/account")
        if outcome.session_cookie is not None:
            self.surface.cookies.write(response, SESSION, outcome.session_cookie)
        state = outcome.browser_state
        if state is not None and self.surface.cookies.read(BROWSER_STATE) != state:
            self.surface.cookies.write(response, BROWSER_STATE, state, is_shared=True)
        if outcome.device_cookie is not None:
            self.surface.cookies.write(response, DEVICE, outcome.device_cookie, LIFE)
        return response

    def party(self, client: Client | None, ui_locales: str | None = None) -> Party | None:
        if client is None:
            return None
        details = client.metadata
        name = details.name(self.surface.language(ui_locales))
        # Devices have no address to send people back to: their operator's own site then names them.
        domain = details.domain or urlsplit(details.client_uri or "").hostname or ""
        return Party(name, domain, details.is_vetted, details.logo_uri, details.policy_uri, details.tos_uri)

    def asking(self, request: AuthorizationRequest) -> Party | None:
        """Who asks, for a request that no sign-in has begun with yet."""
        return self.party(self.desk.clients.find(request.client_id))

    def acts(self, request: AuthorizationRequest) -> list[Act]:
        """The acts that a request asks to be allowed, in the person's language."""
        language = self.surface.language()
        return acts(request.details, self.surface.sentences.speaker(language), language)

    def _prove(
        self, interaction: Interaction, step: Prove, caller: Caller, common: Mapping[str, Any]
    ) -> Response:
        method, *others = step.methods
        account = self.desk.account_of(interaction)
        return self.surface.show(
            "prove.html",
            caller,
            method=method,
            action=f"/signin/{interaction.id}/prove/{method}",
            others=[(other, f"/signin/{interaction.id}/choose/{other}") for other in others],
            resend_action=f"/signin/{interaction.id}/choose/{method}",
            restart_action=f"/signin/{interaction.id}/restart",
            is_step_up=bool(interaction.proofs) and interaction.session_id is not None,
            masked_username=account.number_hint,
            masked_phone=account.phone_hint,
            **common,
        )

    def _choose_whom(
        self, interaction: Interaction, step: ChooseWhom, caller: Caller, common: Mapping[str, Any]
    ) -> Response:
        account = self.desk.account_of(interaction)
        return self.surface.show(
            "choose_whom.html",
            caller,
            action=f"/signin/{interaction.id}/whom",
            myself=account.identity.name if step.may_be_oneself else None,
            options=self.desk.choosing.shown(step.options),
            **common,
        )

    def _consent(
        self, interaction: Interaction, client: Client | None, caller: Caller, common: Mapping[str, Any]
    ) -> Response:
        request = interaction.request
        if request is None or client is None:
            raise AssertionError("only clients ask for consent")
        details, language = client.metadata, self.surface.language(common["ui_locales"])
        account = self.desk.told_of(interaction)
        whom, answering = interaction.whom, interaction.answering
        named, say = asked(request, account.kind), self.surface.sentences.speaker(language)
        known = self.disclosure.available(client, account, [name for name, _ in named])
        return self.surface.show(
            "consent.html",
            caller,
            action=f"/signin/{interaction.id}/consent",
            acting_for=account.identity.name if whom and whom.mandate_id else None,
            as_guardian=_is_ward(interaction),
            must_agree=whom is not None and whom.must_agree,
            whom_action=f"/signin/{interaction.id}/whom" if answering and answering.options else None,
            purpose=details.purpose_in(language),
            items=items(named, proven_too(account, known), say, language),
            acts=acts(request.details, say, language),
            keeps_access="offline_access" in request.scope,
            policy_url=details.policy_uri,
            tos_url=details.tos_uri,
            legal_basis=details.legal_basis,
            retention=details.retention,
            **common,
        )


def _is_ward(interaction: Interaction) -> bool:
    """Whether the person answers as somebody's guardian."""
    whom, answering = interaction.whom, interaction.answering
    options = answering.options if answering is not None else ()
    return whom is not None and any(
        each.mandate_id == whom.mandate_id and each.role == Role.GUARDIAN for each in options
    )
