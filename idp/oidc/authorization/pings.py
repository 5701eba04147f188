"""Pings: a client is told, where it asked to be, that its request was answered (CIBA Core 1.0 §10.2).

Of one that nobody answered it is not told: there was no authentication, and it knows when its time is over.
"""

import base64
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import BoundedSemaphore

from idp.kernel.errors import Refused
from idp.keyring.seal import Seal
from idp.oidc.clients.client import Clients
from idp.oidc.grants.pending import Pending, Waiting
from idp.storage.database import Database

WORKERS = 4
AT_ONCE = 100  # beyond it a client finds the answer by polling, as it may at any time

Post = Callable[[str, bytes, Mapping[str, str]], object]


class Pings:
    """Sends pings beside the person's request, each once, whatever the receiver answers."""

    def __init__(self, clients: Clients, post: Post, seal: Seal, database: Database) -> None:
        self._clients = clients
        self._post = post
        self._seal = seal
        self._database = database
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="ping")
        self._room = BoundedSemaphore(AT_ONCE)

    def kept(self, waiting: Waiting, auth_req_id: str, token: str) -> str:
        """What a ping needs, sealed: neither the request's secret nor the client's stands in the store."""
        sealed = self._seal.seal(json.dumps([auth_req_id, token]).encode(), f"ping:{waiting.id}")
        return base64.b64encode(sealed).decode()

    def tell(self, pending: Pending) -> None:
        """Ping the client, once the open transaction stands; nothing for one that polls."""
        if pending.ping is not None:
            self._database.around_commit(lambda: self._after(pending))

    @contextmanager
    def _after(self, pending: Pending) -> Iterator[None]:
        yield
        if self._room.acquire(blocking=False):
            self._workers.submit(self._send, pending)

    def _send(self, pending: Pending) -> None:
        try:
            client = self._clients.find(pending.client_id)
            address = client.metadata.backchannel_client_notification_endpoint if client else None
            if address is None or pending.ping is None:
                return
            raw = self._seal.open(base64.b64decode(pending.ping), f"ping:{pending.waiting.id}")
            auth_req_id, token = json.loads(raw)
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            self._post(address, json.dumps({"auth_req_id": auth_req_id}).encode(), headers)
        except Refused as error:
            logging.getLogger(__name__).warning("ping_failed %s", error.code)
        except Exception:
            logging.getLogger(__name__).exception("ping_failed")
        finally:
            self._room.release()

    def close(self) -> None:
        """Send nothing more; what is under way ends within its own deadline."""
        self._workers.shutdown(wait=True, cancel_futures=True)
