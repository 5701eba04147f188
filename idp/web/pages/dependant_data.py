"""What a guardian sees of whom they act for, as holders see their own: the history, and a copy of all.

Each look is written down in the dependant's own history. The account is named by the guardian's mandate
alone, looked up among those that the guardian may use now.
"""

from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.audit.events import Event
from idp.kernel.clock import Clock
from idp.web.http import see_other
from idp.web.pages.dependants import DEPENDANTS
from idp.web.pages.export import FORMATS, Everything, Reader, as_file
from idp.web.pages.family import Family
from idp.web.pages.history import Reading, Whose
from idp.web.pages.my_account import JUST_NOW, Holder, OwnPages, what_was_done

HISTORY = f"{DEPENDANTS}/history/<mandate_id>"
EXPORT = f"{DEPENDANTS}/export/<mandate_id>"


class DependantHistory(MethodView):
    """GET /account/dependants/history/<id>: what happened with the account, and who looked at it."""

    init_every_request = False

    def __init__(self, own: OwnPages, family: Family, reading: Reading) -> None:
        self._own = own
        self._family = family
        self._reading = reading

    def get(self, mandate_id: str) -> AnyResponse:
        here = f"{DEPENDANTS}/history/{mandate_id}"
        holder = self._own.enter(here, JUST_NOW)
        if not isinstance(holder, Holder):
            return holder
        account = self._family.look(holder.account.id, mandate_id)
        whose = Whose(account, self._family.since(account))
        return self._reading.show(self._own, holder, here, f"{DEPENDANTS}/lock/{mandate_id}", whose)


class DependantExport(MethodView):
    """GET explains; POST hands out the file, by a proof of just now (Law 91/2025 Art. 4, 24)."""

    init_every_request = False

    def __init__(self, own: OwnPages, family: Family, everything: Everything, clock: Clock) -> None:
        self._own = own
        self._family = family
        self._everything = everything
        self._clock = clock

    def get(self, mandate_id: str) -> AnyResponse:
        here = f"{DEPENDANTS}/export/{mandate_id}"
        holder = self._own.enter(here)
        if not isinstance(holder, Holder):
            return holder
        account = self._family.dependant(holder.account.id, mandate_id)
        return self._own.surface.show(
            "account/export.html",
            holder.caller,
            whose=account,
            since=self._family.since(account),
            action=here,
            done=what_was_done(),
            here=here,
        )

    def post(self, mandate_id: str) -> AnyResponse:
        here = f"{DEPENDANTS}/export/{mandate_id}"
        entered = self._own.enter_with_form(here, JUST_NOW)
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        wanted = form.get("format")
        if wanted not in FORMATS:
            return see_other(here)
        account = self._family.look(holder.account.id, mandate_id, Event.ACCOUNT_EXPORTED)
        reader = Reader(holder.account, self._family.since(account))
        all_of_it = self._everything.of(account, reader)
        return as_file(all_of_it, wanted, self._clock(), self._own, holder.caller.language)
