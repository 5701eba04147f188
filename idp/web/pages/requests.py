"""/account/requests: what clients ask the holder who is not in front of them (CIBA Core 1.0)."""

from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.oidc.authorization.ciba import BackchannelRequests
from idp.oidc.authorization.completion import Completion
from idp.oidc.authorization.elsewhere import LATE
from idp.oidc.errors import AccessDenied
from idp.signin.ending import Outcome
from idp.web.http import see_other
from idp.web.pages.my_account import Holder, OwnPages, see_done, what_was_done

REQUESTS = "/account/requests"


class RequestList(MethodView):
    """GET and POST /account/requests: who asks, what and why; say no at once, or yes by way of the desk.

    The desk asks for what the request wants beyond this sign-in: a higher level, a consent not given yet.
    """

    init_every_request = False

    def __init__(self, own: OwnPages, requests: BackchannelRequests, completion: Completion) -> None:
        self._own = own
        self._requests = requests
        self._completion = completion

    def get(self) -> AnyResponse:
        holder = self._own.enter(REQUESTS)
        if not isinstance(holder, Holder):
            return holder
        listed = [
            (pending, asked, self._own.steps.asking(asked), self._own.steps.acts(asked))
            for pending, asked in self._requests.of(holder.account.id)
        ]
        return self._own.surface.show(
            "account/requests.html",
            holder.caller,
            requests=[entry for entry in listed if entry[2] is not None],
            action=REQUESTS,
            done=what_was_done(),
            here=REQUESTS,
        )

    def post(self) -> AnyResponse:
        entered = self._own.enter_with_form(REQUESTS)
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        mine = {str(pending.waiting.id): asked for pending, asked in self._requests.of(holder.account.id)}
        request = mine.get(form.get("request", ""))
        if request is None:
            return see_done(REQUESTS, LATE)
        if form.get("decision") != "allow":
            refusal = AccessDenied("the person refused")
            return self._own.surface.answer(self._completion.refuse(request, refusal))
        interaction, step = self._own.desk.open(request, holder.caller)
        if isinstance(step, Outcome):
            return self._own.steps.end(step)
        return see_other(f"/signin/{interaction.id}")
