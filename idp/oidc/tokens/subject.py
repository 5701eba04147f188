"""The ``sub`` of an account, different at every sector (OIDC Core 1.0 §8)."""

import base64
import hmac
from uuid import UUID

from idp.oidc.clients.client import Client
from idp.oidc.tokens.grant import Grant


class Subjects:
    """Makes subjects by HMAC: nothing is stored, and nobody without the key can link two of them.

    Built on the account's id, never on its identity number: a number can be re-issued (docs/glossary.md).
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def subject(self, client: Client, account_id: UUID) -> str:
        sector = client.sector if client.metadata.subject_type == "pairwise" else ""
        mac = hmac.digest(self._key, sector.encode() + b"\0" + account_id.bytes, "sha256")
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()

    def of_grant(self, client: Client, grant: Grant) -> str:
        """Who gave a grant, as ``client`` knows them; the grant's own client where no account did."""
        return grant.client_id if grant.account_id is None else self.subject(client, grant.account_id)
