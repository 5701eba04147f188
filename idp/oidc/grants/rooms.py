"""What the grants work with."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from idp.accounts.account import Accounts
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.oidc.clients.client import Clients
from idp.oidc.grants.codes import Codes
from idp.oidc.grants.pending import Pendings
from idp.oidc.tokens.access_token import AccessTokens
from idp.oidc.tokens.acting import Acting
from idp.oidc.tokens.grant import Grants
from idp.oidc.tokens.handle import Mint
from idp.oidc.tokens.id_token import IdTokens
from idp.oidc.tokens.issue import Issue
from idp.oidc.tokens.successor import Successors


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """Handed to every grant; Authlib makes a grant anew for each request.

    ``hold_session`` says whether a session has not been ended, and keeps it so for the transaction.
    """

    codes: Codes
    pendings: Pendings
    grants: Grants
    accounts: Accounts
    clients: Clients
    hold_session: Callable[[UUID], bool]
    access_tokens: AccessTokens
    acting: Acting
    id_tokens: IdTokens
    issue: Issue
    refresh_tokens: Mint
    successors: Successors
    audit: AuditLog
    clock: Clock
