"""/account/lock: it was not me. Shut everybody else out, or lock the account."""

from collections.abc import Callable
from uuid import UUID

from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.oidc.sessions.locking import Locking
from idp.signin.shutting_out import ShutOut
from idp.statute.rules import LockGround
from idp.web.http import see_other
from idp.web.pages.my_account import JUST_NOW, Holder, OwnPages, see_done, what_was_done
from idp.web.pages.security import SECURITY

LOCK = "/account/lock"
HOLDER = "holder"


class LockAccount(MethodView):
    """GET and POST /account/lock (Law 26/2023 Art. 34.1.a; Decree 69/2024 Art. 15).

    A locked account opens again only where its holder is seen: who locks it fears that somebody else has
    what signs them in, and the same would open it.
    """

    init_every_request = False

    def __init__(
        self, own: OwnPages, locking: Locking, shut_out: ShutOut, notify: Callable[[UUID], object]
    ) -> None:
        self._own = own
        self._locking = locking
        self._shut_out = shut_out
        self._notify = notify

    def get(self) -> AnyResponse:
        holder = self._own.enter(LOCK)
        if not isinstance(holder, Holder):
            return holder
        return self._own.surface.show(
            "account/lock.html", holder.caller, action=LOCK, done=what_was_done(), here=LOCK
        )

    def post(self) -> AnyResponse:
        entered = self._own.enter_with_form(LOCK, JUST_NOW)
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        if form.get("decision") == "shut_out":
            self._shut_out.strangers(holder.account.id, holder.session.id)
            return see_done(SECURITY, "shut_out")
        if form.get("decision") != "lock" or form.get("is_sure") != "yes":
            return see_other(LOCK)
        self._locking.lock(holder.account.id, LockGround.HOLDER_ASKED, HOLDER)
        self._notify(holder.account.id)
        return self._own.surface.show("account/locked.html", holder.caller)
