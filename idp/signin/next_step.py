"""What must happen next in a sign-in. Pure: facts in, one step out."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from idp.assurance import Factor, Proof, authentication_level, level_of_factors
from idp.kernel.errors import Refused
from idp.oidc.authorization.request import AuthorizationRequest, Prompt
from idp.oidc.errors import OAuthError
from idp.oidc.tokens.claims import by_scope
from idp.oidc.tokens.rar import worth_vnd
from idp.signin.interaction import Answering, Decision, Interaction, Option, Way
from idp.signin.refusals import AboveLimit, AccountInactive, NoMandate

PASSWORD = "password"
CHILD_AGREES = "child agrees"  # no claim is named so


@dataclass(frozen=True, slots=True)
class Identify:
    """Who is it? Asked together with the first proof."""


@dataclass(frozen=True, slots=True)
class Prove:
    """One more proof, by one of these methods; the first is proposed."""

    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChooseWhom:
    """For whom? One of the options, or oneself where that would do."""

    options: tuple[Option, ...]
    may_be_oneself: bool


@dataclass(frozen=True, slots=True)
class AskConsent:
    """May the client have what it asks for?"""


@dataclass(frozen=True, slots=True)
class Complete:
    """All is there: answer the client, with these proofs and these claims allowed by name.

    ``unseen``: what its scopes stand for and nobody could be shown; ``purpose``: as it was agreed to.
    """

    proofs: tuple[Proof, ...]
    claims: frozenset[str]
    unseen: frozenset[str] = frozenset()
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """It ends here: ``error`` goes to the client; without a client, its code to a page."""

    error: OAuthError


class ChildNotAsked(Refused):
    """From 7, a child is asked too: the guardian's yes alone is none (Law 91/2025 Art. 24)."""

    code = "child_not_asked"


Step = Identify | Prove | ChooseWhom | AskConsent | Complete | Refuse

# What a step that needs a person becomes when no page may be shown (OIDC Core 1.0 §3.1.2.6).
SILENT = {
    Identify: ("login_required", "the person is not signed in, or must prove themself anew"),
    Prove: ("login_required", "the session does not reach the authentication level that was asked"),
    ChooseWhom: (
        "account_selection_required",
        "the person may act for several accounts; none is meant clearly",
    ),
    AskConsent: ("consent_required", "the person has not allowed this client what it asks for"),
}


def next_step(interaction: Interaction, now: datetime) -> Step:
    """What must happen next.

    Steps come back in a fixed order: identify, prove, choose whom, consent, complete. Under ``prompt=none``
    a step that needs a person becomes its own refusal.
    """
    step = _first_unmet(interaction, now)
    request = interaction.request
    if request is not None and request.is_silent and type(step) in SILENT:
        error, description = SILENT[type(step)]
        if isinstance(step, Identify | Prove):
            description = _too_old(interaction, now) or description
        return Refuse(OAuthError(description, error))
    return step


def _too_old(interaction: Interaction, now: datetime) -> str | None:
    """That the sign-in is older than ``max_age``; ``None``: it is not.

    How old it is, only a client hears that the person allowed something: others could tell by the second
    whom they have in common.
    """
    request, standing = interaction.request, interaction.standing
    if request is None or request.max_age is None or standing is None:
        return None
    if fresh_proofs(interaction, now) == interaction.proofs:
        return None
    expected = f"max_age: expected a sign-in of the last {request.max_age.total_seconds():.0f} s"
    age = now - min(proof.at for proof in interaction.proofs)  # as auth_time counts
    return expected + (f"; came one of {age.total_seconds():.0f} s ago" if standing.consent.scope else "")


def _first_unmet(interaction: Interaction, now: datetime) -> Step:
    answering, request = interaction.answering, interaction.request
    if answering is None:
        return Identify()
    proofs = fresh_proofs(interaction, now)
    if not proofs:
        return _prove_anew(interaction)
    if not answering.is_active:
        return Refuse(AccountInactive())
    if request is not None and not _is_meant(request, answering):
        return Refuse(OAuthError("another person signed in than the one asked for", "login_required"))
    levels = request.levels if request is not None else (interaction.needed_level,)
    unmet = _unmet_level(proofs, levels, answering.ways)
    if isinstance(unmet, Prove):
        return _with_choice(unmet, interaction.chosen)
    if unmet is not None and (request is None or request.is_level_essential):
        return unmet
    return (
        _unmet_choice(interaction) or _unmet_limit(interaction) or _consent_or_complete(interaction, proofs)
    )


def _is_meant(request: AuthorizationRequest, answering: Answering) -> bool:
    """Whether the one that the client asks for is the person, or somebody they may act for."""
    hinted = request.hinted_subject
    return hinted in (None, answering.subject) or any(hinted == each.subject for each in answering.options)


def offered(answering: Answering, request: AuthorizationRequest) -> ChooseWhom:
    """For whom the person could sign in, by what the client demands and hints at. It may be nobody."""
    roles, hinted = request.mandate_roles, request.hinted_subject
    fitting = tuple(
        option
        for option in answering.options
        if (roles is None or option.role in roles) and hinted in (None, option.subject)
    )
    return ChooseWhom(fitting, roles is None and hinted in (None, answering.subject))


def _unmet_choice(interaction: Interaction) -> ChooseWhom | Refuse | None:
    request, answering = interaction.request, interaction.answering
    if request is None or answering is None or interaction.whom is not None:
        return None
    choice = offered(answering, request)
    if choice.options:
        return choice
    return None if choice.may_be_oneself else Refuse(NoMandate())


def _unmet_limit(interaction: Interaction) -> Refuse | None:
    request, whom = interaction.request, interaction.whom
    if request is None or whom is None or whom.limit_vnd is None:
        return None
    return Refuse(AboveLimit()) if worth_vnd(request.details) > whom.limit_vnd else None


def _prove_anew(interaction: Interaction) -> Step:
    """A known person, nothing proven recently enough: password first, or say who you are again."""
    has_password = interaction.answering and any(way.method == PASSWORD for way in interaction.answering.ways)
    wants_another = interaction.request and Prompt.SELECT_ACCOUNT in interaction.request.prompt
    return Prove((PASSWORD,)) if has_password and not wants_another else Identify()


def _unmet_level(
    proofs: tuple[Proof, ...], levels: Iterable[int], ways: tuple[Way, ...]
) -> Prove | Refuse | None:
    """What reaching one of the levels asks for: nothing, a proof, or more than this account can give.

    The first level in the client's order that the account can reach is the one to reach.
    """
    have = authentication_level(proofs)
    held = {factor for proof in proofs for factor in proof.factors}
    for level in levels:
        if have >= level:
            return None
        if _best(held, ways) >= level:
            return Prove(tuple(way.method for way in ways if not way.factors <= held))
    return Refuse(
        OAuthError("the account has no method that reaches the level", "unmet_authentication_requirements")
    )


def _best(held: set[Factor], ways: tuple[Way, ...]) -> int:
    """The level that all of an account's methods together would give."""
    return level_of_factors(held.union(*(way.factors for way in ways)))


def _with_choice(step: Prove, chosen: str | None) -> Prove:
    """The method that the person chose comes first."""
    if chosen not in step.methods:
        return step
    return Prove((chosen, *(method for method in step.methods if method != chosen)))


def _consent_or_complete(interaction: Interaction, proofs: tuple[Proof, ...]) -> Step:
    request, decision = interaction.request, interaction.decision
    standing = interaction.standing
    if request is None or standing is None:
        return Complete(proofs, frozenset())
    unseen = standing.lacks.intersection(by_scope(request.scope))
    asked = frozenset(claim.name for claim in request.claims.individual())
    if decision is not None and not decision.is_allowed:
        return Refuse(OAuthError("the person refused", "access_denied"))
    if decision is not None:
        return Complete(proofs, decision.claims, unseen, decision.purpose)
    must_ask = Prompt.CONSENT in request.prompt or bool(request.details)  # an act is allowed once
    consent = standing.consent
    is_child_unasked = (
        interaction.whom is not None and interaction.whom.must_agree and not consent.child_agreed
    )
    if must_ask or is_child_unasked or not consent.covers(request.scope, asked, standing.lacks):
        return AskConsent()
    return Complete(proofs, asked & consent.claims, unseen, consent.purpose)


def decided(
    interaction: Interaction, ticked: Collection[str], purpose: str | None, *, is_allowed: bool
) -> Decision:
    """What a person's answer to the consent page comes to.

    Args:
        ticked: the optional claims by name, and ``CHILD_AGREES``. What the account has not got is shown
            to nobody, so that nobody agrees to it either.
        purpose: of the client, as the page had it.

    Raises:
        ChildNotAsked: it is for a child who has to agree too, and nobody said so.
    """
    asked = interaction.request.claims.individual() if interaction.request is not None else ()
    lacks = interaction.standing.lacks if interaction.standing is not None else frozenset()
    must_agree = interaction.whom is not None and interaction.whom.must_agree
    if is_allowed and must_agree and CHILD_AGREES not in ticked:
        raise ChildNotAsked
    return Decision(
        is_allowed=is_allowed,
        child_agreed=is_allowed and must_agree,
        claims=frozenset(
            claim.name
            for claim in asked
            if (claim.is_essential or claim.name in ticked) and claim.name not in lacks
        ),
        purpose=purpose,
    )


def fresh_proofs(interaction: Interaction, now: datetime) -> tuple[Proof, ...]:
    """The proofs that count for this request.

    Those of an earlier sign-in fall away under ``prompt=login``, and once they are older than
    ``max_age`` (OIDC Core 1.0 §3.1.2.1), or than the person's own page takes.
    """
    request, proofs = interaction.request, interaction.proofs
    max_age = request.max_age if request is not None else interaction.needed_age
    if request is not None and request.asks_fresh:
        proofs = tuple(proof for proof in proofs if proof.at >= interaction.started_at)
    if max_age is not None:
        oldest = min(now - max_age, interaction.started_at)
        proofs = tuple(proof for proof in proofs if proof.at >= oldest)
    return proofs
