"""/account/dependants: a guardian sees for whom they act, asks for a dependant's account, takes that back."""

from collections.abc import Mapping
from contextlib import suppress
from uuid import UUID

from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.accounts.application import ApplicationMoved, ApplicationUnknown, spoken
from idp.accounts.citizen import NumberMalformed
from idp.accounts.filing import DateMalformed
from idp.accounts.foreigner_filing import CardNumberMalformed
from idp.accounts.guardianship import GuardianUnfit
from idp.accounts.guardianship_end import coming_birthday
from idp.accounts.kinds import Kind
from idp.accounts.locks import LockStands
from idp.accounts.machine_readable_zone import ZoneRefused
from idp.assurance import Level
from idp.kernel.errors import IdpError, NotFound, TooManyAttempts
from idp.oidc.sessions.locking import Locking
from idp.statute.assigned_number import AssignedNumberMalformed
from idp.statute.names import NameRefused
from idp.statute.rules import LockGround
from idp.web.http import see_other
from idp.web.i18n import say_article
from idp.web.pages.family import Family
from idp.web.pages.my_account import JUST_NOW, Holder, OwnPages, see_done, what_was_done
from idp.web.surface import again, shown

DEPENDANTS = "/account/dependants"
NEW = f"{DEPENDANTS}/new"
NEW_FOREIGNER = f"{NEW}/foreigner"
STATUS = f"{DEPENDANTS}/<application_id>"
LOCK = f"{DEPENDANTS}/lock/<mandate_id>"
FORMS = {Kind.CITIZEN: NEW, Kind.FOREIGNER: NEW_FOREIGNER}
FIELDS = {
    NumberMalformed.code: "username",
    NameRefused.code: "name",
    DateMalformed("").code: "birth-date",
    AssignedNumberMalformed.code: "username",
    ZoneRefused.code: "zone",
    CardNumberMalformed.code: "residence-number",
}
UNFIT = (
    NumberMalformed,
    NameRefused,
    DateMalformed,
    AssignedNumberMalformed,
    ZoneRefused,
    CardNumberMalformed,
    GuardianUnfit,
    TooManyAttempts,
)


class DependantList(MethodView):
    """GET /account/dependants: for whom one acts as guardian, and what one filed."""

    init_every_request = False

    def __init__(self, own: OwnPages, family: Family) -> None:
        self._own = own
        self._family = family

    def get(self) -> AnyResponse:
        holder = self._own.enter(DEPENDANTS)
        if not isinstance(holder, Holder):
            return holder
        family, me, now = self._family, holder.account, self._own.desk.clock()
        acting = family.dependants(me.id)
        return self._own.surface.show(
            "account/dependants.html",
            holder.caller,
            dependants=[(*each, coming_birthday(each[0].ends_at, now)) for each in acting],
            filed=[(each, family.name(each)) for each in family.enrolment.filed_by(me.id)],
            may_file=me.level is Level.TWO,
            done=what_was_done(),
            here=DEPENDANTS,
        )


class _DependantForm(MethodView):
    """One kind's form."""

    init_every_request = False
    kind: Kind

    def __init__(self, own: OwnPages, family: Family) -> None:
        self._own = own
        self._enrolment = family.enrolment

    def get(self) -> AnyResponse:
        # Proven anew before the form is filled in, so that nothing typed is lost.
        holder = self._own.enter(FORMS[self.kind], JUST_NOW)
        if not isinstance(holder, Holder):
            return holder
        return self._show(holder, {}, None) if holder.account.level is Level.TWO else see_other(DEPENDANTS)

    def post(self) -> AnyResponse:
        entered = self._own.enter_with_form(FORMS[self.kind], JUST_NOW)
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        caller = holder.caller
        try:
            filed = self._enrolment.file_for(holder.account, self.kind, form, caller.address, caller.language)
        except UNFIT as error:
            return self._show(holder, form, error)
        return see_done(f"{DEPENDANTS}/{filed.id}", "application_filed")

    def _show(self, holder: Holder, typed: Mapping[str, str], error: IdpError | None) -> AnyResponse:
        page = self._own.surface.show(
            f"account/dependant_{self.kind.value}.html",
            holder.caller,
            action=FORMS[self.kind],
            typed=typed,
            phone=holder.account.phone_hint,
            about="username" if error is None else FIELDS.get(error.code),
            here=FORMS[self.kind],
            error=_told(error, holder),
        )
        return again(page, error)


class CitizenDependantForm(_DependantForm):
    """GET and POST /account/dependants/new: for a Vietnamese child or ward."""

    kind = Kind.CITIZEN


class ForeignDependantForm(_DependantForm):
    """GET and POST /account/dependants/new/foreigner: for a foreigner's child."""

    kind = Kind.FOREIGNER


class DependantStatus(MethodView):
    """GET and POST /account/dependants/<id>: where an application of one's own stands; take it back."""

    init_every_request = False

    def __init__(self, own: OwnPages, family: Family) -> None:
        self._own = own
        self._family = family

    def get(self, application_id: str) -> AnyResponse:
        holder = self._own.enter(f"{DEPENDANTS}/{application_id}")
        return self._show(holder, application_id) if isinstance(holder, Holder) else holder

    def post(self, application_id: str) -> AnyResponse:
        here = f"{DEPENDANTS}/{application_id}"
        entered = self._own.enter_with_form(here)
        if not isinstance(entered, tuple):
            return entered
        holder, _ = entered
        try:
            self._family.enrolment.withdraw_own(holder.account.id, _known(application_id))
        except ApplicationMoved as error:
            return self._show(holder, application_id, error)
        except ApplicationUnknown:
            raise NotFound("application") from None
        return see_done(here, "application_withdrawn")

    def _show(self, holder: Holder, application_id: str, error: IdpError | None = None) -> AnyResponse:
        try:
            found = self._family.enrolment.one_filed_by(holder.account.id, _known(application_id))
        except ApplicationUnknown:
            raise NotFound("application") from None
        here = f"{DEPENDANTS}/{application_id}"
        page = self._own.surface.show(
            "account/dependant_status.html",
            holder.caller,
            action=here,
            application=found,
            name=self._family.name(found),
            reference=spoken(found.reference),
            done=what_was_done() if error is None else None,
            here=here,
            error=shown(error),
        )
        return again(page, error)


class LockDependant(MethodView):
    """GET and POST /account/dependants/lock/<id>: lock the account of somebody one acts for as guardian.

    The guardian asks for the holder (Law 26/2023 Art. 34.1.a); it opens again at an office only.
    """

    init_every_request = False

    def __init__(self, own: OwnPages, family: Family, locking: Locking) -> None:
        self._own = own
        self._family = family
        self._locking = locking

    def get(self, mandate_id: str) -> AnyResponse:
        here = f"{DEPENDANTS}/lock/{mandate_id}"
        holder = self._own.enter(here, JUST_NOW)
        if not isinstance(holder, Holder):
            return holder
        account = self._family.dependant(holder.account.id, mandate_id)
        return self._own.surface.show(
            "account/dependant_lock.html", holder.caller, account=account, action=here, here=here
        )

    def post(self, mandate_id: str) -> AnyResponse:
        here = f"{DEPENDANTS}/lock/{mandate_id}"
        entered = self._own.enter_with_form(here, JUST_NOW)
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        account = self._family.dependant(holder.account.id, mandate_id)
        if form.get("is_sure") != "yes":
            return see_other(here)
        with suppress(LockStands):
            self._locking.lock(account.id, LockGround.HOLDER_ASKED, str(holder.account.id))
        return see_done(DEPENDANTS, "dependant_locked")


def _told(error: IdpError | None, holder: Holder) -> dict[str, object] | None:
    """The error, its article as it is cited."""
    told = shown(error)
    if error is None or told is None or "article" not in error.facts():
        return told
    article = say_article(holder.caller.language, str(error.facts()["article"]))
    return told | {"facts": error.facts() | {"article": article}}


def _known(text: str) -> UUID:
    """The id in an address.

    Raises:
        NotFound: it is none.
    """
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("application") from None
