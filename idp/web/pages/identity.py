"""What the provider holds of a person, where it is from, what is wrong with it, how well it was proven."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.accounts.account import Account, Accounts
from idp.accounts.applications import Applications
from idp.accounts.citizen import Citizen
from idp.accounts.correction import Correction, CorrectionMisshaped, CorrectionMoved, CorrectionsWaiting
from idp.accounts.corrections import Corrections
from idp.accounts.evidence import EvidenceKind, EvidenceRecords
from idp.accounts.foreigner import Foreigner
from idp.accounts.kinds import Kind
from idp.accounts.mandate import Mandate
from idp.accounts.mandates import Mandates
from idp.assurance import Level
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError, NotFound, TooManyAttempts
from idp.statute.law import STATUTE, Law, LawSilent
from idp.statute.rules import Attestation, Case, Deadline
from idp.web.pages.held import Held, held
from idp.web.pages.my_account import JUST_NOW, Holder, OwnPages, see_done, what_was_done
from idp.web.surface import again, shown

IDENTITY, CORRECTIONS, LEVEL = "/account/identity", "/account/corrections", "/account/level"
# Which term runs once the officers have seen somebody of each kind.
RAISING = {Kind.CITIZEN: Case.CITIZEN_02, Kind.FOREIGNER: Case.FOREIGNER_02_NOT_ON_FILE}


class Identity(MethodView):
    """GET /account/identity: every member; POST shows the numbers whole, once."""

    init_every_request = False

    def __init__(
        self, own: OwnPages, evidence: EvidenceRecords, corrections: Corrections, mandates: Mandates
    ) -> None:
        self._own = own
        self._evidence = evidence
        self._corrections = corrections
        self._mandates = mandates

    def get(self) -> AnyResponse:
        holder = self._own.enter(IDENTITY)
        return self._show(holder, is_whole=False) if isinstance(holder, Holder) else holder

    def post(self) -> AnyResponse:
        entered = self._own.enter_with_form(IDENTITY, JUST_NOW)
        return self._show(entered[0], is_whole=True) if isinstance(entered, tuple) else entered

    def _show(self, holder: Holder, *, is_whole: bool) -> AnyResponse:
        account = holder.account
        return self._own.surface.show(
            "account/identity.html",
            holder.caller,
            account=account,
            members=members(self._own, holder, is_whole=is_whole),
            is_whole=is_whole,
            evidence=self._evidence.standing(account.id),
            waiting=sum(one.is_waiting for one in self._corrections.of(account.id)),
            acted_for=acted_for(self._mandates, self._own.accounts, account.id),
            action=IDENTITY,
            done=what_was_done(),
            here=IDENTITY,
        )


class CorrectionList(MethodView):
    """GET and POST /account/corrections: say what is wrong, see what came of it, take it back."""

    init_every_request = False

    def __init__(self, own: OwnPages, corrections: Corrections) -> None:
        self._own = own
        self._corrections = corrections

    def get(self) -> AnyResponse:
        holder = self._own.enter(CORRECTIONS)
        return self._show(holder) if isinstance(holder, Holder) else holder

    def post(self) -> AnyResponse:
        entered = self._own.enter_with_form(CORRECTIONS)
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        if "withdraw" in form:
            return self._withdraw(holder, form["withdraw"])
        typed = {name: form.get(name, "").strip() for name in ("member", "right", "reason")}
        try:
            self._corrections.file(holder.account.id, **typed)
        except (CorrectionMisshaped, CorrectionsWaiting, TooManyAttempts) as error:
            return self._show(holder, error, typed)
        return see_done(CORRECTIONS, "correction_filed")

    def _withdraw(self, holder: Holder, chosen: str) -> AnyResponse:
        mine = {str(one.id): one.id for one in self._corrections.of(holder.account.id)}
        if chosen not in mine:
            raise NotFound("correction")
        try:
            self._corrections.withdraw(mine[chosen], holder.account.id)
        except CorrectionMoved as error:
            return self._show(holder, error)
        return see_done(CORRECTIONS, "correction_withdrawn")

    def _show(
        self, holder: Holder, error: IdpError | None = None, typed: dict[str, str] | None = None
    ) -> AnyResponse:
        asked: list[Correction] = self._corrections.of(holder.account.id)
        page = self._own.surface.show(
            "account/corrections.html",
            holder.caller,
            corrections=asked,
            members=members(self._own, holder, is_whole=False),
            typed=typed or {"member": "", "right": "", "reason": ""},
            action=CORRECTIONS,
            done=what_was_done(),
            error=shown(error),
            here=CORRECTIONS,
        )
        return again(page, error)


@dataclass(frozen=True, slots=True)
class Raising:
    """What level 02 takes: what officers see, how many they are, and until when it is done."""

    attestation: Attestation
    term: Deadline


class LevelPage(MethodView):
    """GET /account/level: how well the holder was proven, by whom, and what the next level takes."""

    init_every_request = False

    def __init__(
        self, own: OwnPages, evidence: EvidenceRecords, applications: Applications, clock: Clock
    ) -> None:
        self._own = own
        self._evidence = evidence
        self._applications = applications
        self._clock = clock

    def get(self) -> AnyResponse:
        holder = self._own.enter(LEVEL)
        if not isinstance(holder, Holder):
            return holder
        account, now = holder.account, self._clock()
        seen = [one for one in self._evidence.standing(account.id) if one.kind is EvidenceKind.IN_PERSON]
        return self._own.surface.show(
            "account/level.html",
            holder.caller,
            account=account,
            raising=raising(account, STATUTE.at(now), now) if account.level is Level.ONE else None,
            seen=seen,
            applications=self._applications.of_account(account.id),
            here=LEVEL,
        )


def acted_for(mandates: Mandates, accounts: Accounts, agent_id: UUID) -> list[tuple[Mandate, Account]]:
    """For whom somebody may act now, and by what, oldest first."""
    return [(each, accounts.the(each.principal_id)) for each in mandates.usable_by(agent_id)]


def members(own: OwnPages, holder: Holder, *, is_whole: bool) -> list[Held]:
    """Number, phone, e-mail and each member of the identity, in the holder's words; masked unless whole."""
    account = holder.account
    told: dict[str, object] = {
        "number": account.number if is_whole else account.number_hint,
        "phone": account.phone if is_whole else account.phone_hint,
        "email": account.email,
        **account.identity.stored(),
    }
    if not is_whole and "document_number" in told:
        told["document_number"] = "•••• " + str(told["document_number"])[-3:]
    return held(told, own.surface.sentences, holder.caller.language)


def raising(account: Account, law: Law, now: datetime) -> Raising | None:
    """What the law asks for level 02 of such a holder; ``None``: they cannot have it."""
    case = RAISING.get(account.kind)
    if case is None or not isinstance(account.identity, Citizen | Foreigner):
        return None
    try:
        seen = law.attestation(account.kind.value, account.identity.birth_date)
    except LawSilent:
        return None
    return Raising(seen, law.deadline(case, now))
