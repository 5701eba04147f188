"""/account/requests: what clients ask the holder who is not in front of them (CIBA Core 1.0)."""

from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.oidc.authorization.ciba import BackchannelRequests
from idp.oidc.authorization.completion import Completion
from idp.oidc.authorization.elsewhere import LATE
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.errors import AccessDenied
from idp.oidc.grants.pending import Pending
from idp.signin.ending import Outcome
from idp.web.http import see_other
from idp.web.pages.my_account import Holder, OwnPages, see_done, what_was_done

REQUESTS = "/account/requests"


class RequestList(MethodView):
    """GET and POST /account/requests: who asks, what and why; say no at once, or yes by way of the desk.

    Requests that name somebody whom the holder may act for at the client are theirs to answer too.
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
            (pending, asked, self._own.steps.asking(asked), self._own.steps.acts(asked), whose)
            for pending, asked, whose in self._waiting(holder)
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
        waiting = {str(each[0].waiting.id): each[1:] for each in self._waiting(holder)}
        request, whose = waiting.get(form.get("request", ""), (None, None))
        if request is None:
            return see_done(REQUESTS, LATE)
        if form.get("decision") != "allow":
            refusal = AccessDenied("the person refused")
            actor = holder.account.id if whose else None
            return self._own.surface.answer(self._completion.refuse(request, refusal, actor))
        interaction, step = self._own.desk.open(request, holder.caller)
        if isinstance(step, Outcome):
            return self._own.steps.end(step)
        return see_other(f"/signin/{interaction.id}")

    def _waiting(self, holder: Holder) -> list[tuple[Pending, AuthorizationRequest, str | None]]:
        """What waits for the holder's answer, and whom it is about by name, where they act for another."""
        choosing, me = self._own.desk.choosing, holder.account.id
        mine = [(pending, asked, None) for pending, asked in self._requests.of(me)]
        theirs = [
            (pending, asked, choosing.accounts.the(principal_id).identity.name)
            for principal_id in choosing.principals(me)
            for pending, asked in self._requests.of(principal_id)
            if choosing.may_answer(asked, me, principal_id)
        ]
        return [*mine, *theirs]
