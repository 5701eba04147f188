"""Tokens and answers for a client's eyes alone: signed, then encrypted (OIDC Core 1.0 §10.2)."""

import json
from collections.abc import Mapping
from typing import Any

from idp.keyring.jwe import encrypt
from idp.oidc.clients.client import Client
from idp.oidc.clients.encryption import Encryption, encryption_of
from idp.oidc.clients.keys import ClientKeys, KeysUnreachable, NoKeyToEncryptTo
from idp.oidc.errors import NotEncryptable


class Envelopes:
    """Encrypts to clients what they registered for it. None of that is ever sent in the clear."""

    def __init__(self, keys: ClientKeys) -> None:
        self._keys = keys

    def seal(self, token: str, client: Client, kind: str) -> str:
        """A signed token inside an encrypted one; as it is, for a client that has not asked for that.

        Args:
            kind: one of ``clients.encryption.ANSWERS``.

        Raises:
            NotEncryptable: the client has no key for it, or publishes it where we cannot get it.
        """
        wanted = encryption_of(client.metadata, kind)
        if wanted is None:
            return token
        key = self._key(client, kind, wanted)
        return encrypt(token.encode("ascii"), key, wanted.alg, wanted.enc, is_nested=True)

    def seal_claims(self, claims: Mapping[str, Any], client: Client, kind: str) -> str:
        """Claims that are encrypted and not signed (OIDC Core 1.0 §5.3.2), for a client that asked for it.

        Raises:
            NotEncryptable: as ``seal``.
        """
        wanted = encryption_of(client.metadata, kind)
        if wanted is None:
            raise AssertionError("nobody else is sent these")
        key = self._key(client, kind, wanted)
        content = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode()
        return encrypt(content, key, wanted.alg, wanted.enc, is_nested=False)

    def check(self, client: Client, kind: str) -> None:
        """Get the client's key now, where waiting for its server holds nobody up. Raises as ``seal``."""
        wanted = encryption_of(client.metadata, kind)
        if wanted is not None:
            self._key(client, kind, wanted)

    def _key(self, client: Client, kind: str, wanted: Encryption) -> Mapping[str, Any]:
        try:
            return self._keys.to_encrypt(client.metadata, wanted.alg)
        except NoKeyToEncryptTo:
            raise NotEncryptable(f"{kind}: this client has no key for {wanted.alg}") from None
        except KeysUnreachable as error:
            raise NotEncryptable(f"{kind}: no keys could be got from jwks_uri: {error.reason}") from None
