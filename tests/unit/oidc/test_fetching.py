"""Waiting for what clients publish: for few at once, and not again for who was slow a moment ago."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from idp.oidc.clients import fetching, keys
from idp.oidc.clients.fetching import AT_ONCE, REST_SECONDS, Fetching
from idp.oidc.clients.keys import ClientKeys, KeysUnreachable
from idp.oidc.clients.metadata import ClientMetadata
from idp.outbound import OutboundFailed

SLOW, QUICK = "https://slow.example/jwks", "https://quick.example/jwks"


class Net:
    """Other people's servers, and the time that they take."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked: list[str] = []
        self.takes = {SLOW: 3.0}

    def fetch(self, url: str, *_: str) -> bytes:
        self.asked.append(url)
        self.now += self.takes.get(url, 0.1)
        if url in self.takes:
            raise OutboundFailed("timeout")
        return b'{"keys":[]}'


@pytest.fixture
def net() -> Net:
    return Net()


def test_who_was_silent_is_left_alone_for_a_while_and_others_are_not(net: Net) -> None:
    fetch = Fetching(net.fetch, lambda: net.now)
    with pytest.raises(OutboundFailed, match="timeout"):
        fetch(SLOW)

    with pytest.raises(OutboundFailed, match="resting"):
        fetch(SLOW + "?another")
    assert fetch(QUICK)

    assert net.asked == [SLOW, QUICK]
    net.now += REST_SECONDS
    del net.takes[SLOW]
    assert fetch(SLOW)


class Held:
    """Servers that answer when they are let."""

    def __init__(self) -> None:
        self.asked, self.go = threading.Semaphore(0), threading.Event()

    def fetch(self, _url: str, *_: str) -> bytes:
        self.asked.release()
        self.go.wait(10)
        return b'{"keys":[]}'


def test_only_some_are_waited_for_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "PLACE_SECONDS", 0.01)
    held = Held()
    fetch = Fetching(held.fetch)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = [pool.submit(fetch, f"https://{number}.example/") for number in range(AT_ONCE)]
        for _ in waiting:
            held.asked.acquire(timeout=10)
        with pytest.raises(OutboundFailed, match="busy"):
            fetch(QUICK)
        held.go.set()
        assert all(each.result() for each in waiting)

    assert fetch(QUICK)


def published(uri: str) -> Any:
    return ClientMetadata(client_name={"vi": "x"}, redirect_uris=("https://rp.example/",), jwks_uri=uri)


def test_a_request_does_not_wait_long_for_keys_that_another_waits_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "LOOKING_SECONDS", 0.01)
    held, details = Held(), published(SLOW)
    client_keys = ClientKeys(held.fetch)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(client_keys._keys, details, lambda _: True)
        held.asked.acquire(timeout=10)
        with pytest.raises(KeysUnreachable, match="outbound_busy"):
            client_keys._keys(details, lambda _: True)
        held.go.set()
        assert first.result() == ()

    assert client_keys._keys(details, lambda _: True) == ()


def test_keys_that_were_not_asked_for_are_asked_for_next_time() -> None:
    answers = [OutboundFailed("busy"), b'{"keys":[]}']

    def fetch(_url: str) -> bytes:
        answer = answers.pop(0)
        if isinstance(answer, OutboundFailed):
            raise answer
        return answer

    client_keys, details = ClientKeys(fetch), published(QUICK)
    with pytest.raises(KeysUnreachable):
        client_keys._keys(details, lambda _: True)

    assert client_keys._keys(details, lambda _: True) == ()
