"""/account/identity/<mandate>: what the provider holds of an account that somebody acts for."""

from dataclasses import replace

from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.accounts.account import Account, Accounts
from idp.accounts.evidence import EvidenceRecords
from idp.accounts.mandate import Mandate
from idp.accounts.mandates import Mandates
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.errors import NotFound
from idp.web.pages.identity import IDENTITY, acted_for, members
from idp.web.pages.my_account import JUST_NOW, Holder, OwnPages

ACTED_FOR = f"{IDENTITY}/<mandate_id>"


class ActedFor(MethodView):
    """GET: by a mandate that lives now, and a proof of just now. The numbers stay masked."""

    init_every_request = False

    def __init__(self, own: OwnPages, evidence: EvidenceRecords, mandates: Mandates, audit: AuditLog) -> None:
        self._own = own
        self._evidence = evidence
        self._mandates = mandates
        self._audit = audit

    def get(self, mandate_id: str) -> AnyResponse:
        here = f"{IDENTITY}/{mandate_id}"
        holder = self._own.enter(here, JUST_NOW)
        if not isinstance(holder, Holder):
            return holder
        mandate, account = self._chosen(holder, mandate_id)
        self._audit.record(
            Event.ACCOUNT_VIEWED,
            account_id=account.id,
            actor=str(holder.account.id),
            mandate=str(mandate.id),
        )
        return self._own.surface.show(
            "account/acted_for.html",
            holder.caller,
            account=account,
            role=mandate.role.value,
            members=members(self._own, replace(holder, account=account), is_whole=False),
            evidence=self._evidence.standing(account.id),
            here=here,
        )

    def _chosen(self, holder: Holder, mandate_id: str) -> tuple[Mandate, Account]:
        """The account is named by the mandate alone, which is the holder's own, or none is.

        Raises:
            NotFound: it is another's, over, or not to be used now.
        """
        accounts: Accounts = self._own.accounts
        for mandate, account in acted_for(self._mandates, accounts, holder.account.id):
            if str(mandate.id) == mandate_id:
                return mandate, account
        raise NotFound("mandate")
