"""Tells clients, server to server, that a session ended (Back-Channel Logout 1.0)."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlencode
from uuid import UUID

from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.oidc.clients.client import Client, Clients
from idp.oidc.sessions.breaker import Breaker
from idp.oidc.sessions.deliveries import Deliveries, Delivery, DeliveryState
from idp.oidc.sessions.logout_token import LogoutTokens
from idp.oidc.sessions.participants import Participants

# What discovery says of it (§2.1).
BACK_CHANNEL = {"backchannel_logout_supported": True, "backchannel_logout_session_supported": True}
AT_ONCE = 8  # requests under way
LOOK_AGAIN_SECONDS = 0.1
# After each failed try; when they are used up, or a day has passed, it is given up.
PAUSES = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
GIVEN_UP_AFTER = timedelta(days=1)
# §2.8: 200; 204 comes from frameworks that turn an empty 200 into it.
SUCCESS = ("200", "204")
SERVER_ERROR = 500
GONE = "client_gone"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Cache-Control": "no-store"}


class Answer(Protocol):
    """What a receiver said; the status alone counts."""

    @property
    def status(self) -> int: ...


class Post(Protocol):
    """Sends a request to somebody else's server and follows no redirect.

    Raises:
        IdpError: there is no answer, or the address may not be asked; ``code`` says which.
    """

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer: ...


class BackChannel:
    """Owes clients word of ended sessions, and gives it."""

    def __init__(
        self,
        participants: Participants,
        deliveries: Deliveries,
        clients: Clients,
        tokens: LogoutTokens,
        post: Post,
        clock: Clock,
    ) -> None:
        self._participants = participants
        self._deliveries = deliveries
        self._clients = clients
        self._tokens = tokens
        self._post = post
        self._clock = clock
        self._breaker = Breaker()

    def owe(self, session_id: UUID) -> int:
        """Note down, in the transaction that ends a session, which clients are to hear of it."""
        listening: dict[UUID, list[str]] = {}
        for client, account_id in self._participants.known(session_id):
            if client.metadata.backchannel_logout_uri:
                listening.setdefault(account_id, []).append(client.client_id)
        return sum(
            self._deliveries.owe(client_ids, account_id, session_id)
            for account_id, client_ids in listening.items()
        )

    def owe_these(self, known: Iterable[tuple[str, UUID, UUID]]) -> int:
        """Note down that clients are to hear of an account's end in a session that itself goes on.

        Args:
            known: client, account and session of each.
        """
        return sum(
            self._deliveries.owe([client_id], account_id, session_id)
            for client_id, account_id, session_id in sorted(known)
            if (client := self._clients.find(client_id)) and client.metadata.backchannel_logout_uri
        )

    def deliver_due(self, may_go_on: Callable[[], bool] = lambda: True) -> Counter[DeliveryState]:
        """Make every delivery that is due, a few at once; how many ended or stay pending.

        One slow receiver keeps one of ``AT_ONCE`` places for the time-out of ``post``; the rest go on.
        """
        tally: Counter[DeliveryState] = Counter()
        under_way: dict[Future[str], Delivery] = {}
        with ThreadPoolExecutor(AT_ONCE, "logout-post") as pool:
            while True:
                room = AT_ONCE - len(under_way)
                taken = self._deliveries.take(room) if room and may_go_on() else []
                for delivery in taken:
                    self._begin(delivery, pool, under_way, tally)
                if not under_way and not taken:
                    return tally
                done, _ = wait(under_way, LOOK_AGAIN_SECONDS, FIRST_COMPLETED) if under_way else ((), ())
                for future in done:
                    tally[self._finish(under_way.pop(future), future.result())] += 1

    def _begin(
        self,
        delivery: Delivery,
        pool: ThreadPoolExecutor,
        under_way: dict[Future[str], Delivery],
        tally: Counter[DeliveryState],
    ) -> None:
        """Send it on its way, unless there is nobody to send it to, or not now."""
        client = self._clients.find(delivery.client_id)
        if client is None or client.metadata.backchannel_logout_uri is None:
            self._deliveries.settle(delivery, DeliveryState.GIVEN_UP, GONE)
            tally[DeliveryState.GIVEN_UP] += 1
            return
        again_at = self._breaker.wait_until(delivery.client_id, self._clock())
        if again_at is not None and again_at < delivery.created_at + GIVEN_UP_AFTER:
            answer = delivery.answer or "not_tried"
            self._deliveries.put_off(delivery, again_at, answer, is_tried=False)
            tally[DeliveryState.PENDING] += 1
            return
        under_way[pool.submit(self._send, client, delivery)] = delivery

    def _send(self, client: Client, delivery: Delivery) -> str:
        """One try; what came of it."""
        try:
            token = self._tokens.issue(client, delivery.account_id, delivery.session_id)
            body = urlencode({"logout_token": token}).encode()
            return str(self._post(client.metadata.backchannel_logout_uri or "", body, HEADERS).status)
        except IdpError as error:
            return error.code

    def _finish(self, delivery: Delivery, answer: str) -> DeliveryState:
        """Write down what came of a try."""
        now = self._clock()
        if answer in SUCCESS:
            self._breaker.succeeded(delivery.client_id)
            self._deliveries.settle(delivery, DeliveryState.DELIVERED, answer)
            return DeliveryState.DELIVERED
        if not answer.isdigit() or int(answer) >= SERVER_ERROR:
            self._breaker.failed(delivery.client_id, now)
        if delivery.tries > len(PAUSES) or now >= delivery.created_at + GIVEN_UP_AFTER:
            self._deliveries.settle(delivery, DeliveryState.GIVEN_UP, answer)
            return DeliveryState.GIVEN_UP
        self._deliveries.put_off(delivery, now + PAUSES[delivery.tries - 1], answer)
        return DeliveryState.PENDING
