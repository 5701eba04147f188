"""OpenID Connect Back-Channel Logout 1.0: sites hear of a session's end from us, whatever becomes of them."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.accounts.account import LockGround
from idp.kernel.ids import new_id
from idp.oidc.clients.checks import InvalidClientMetadata
from idp.oidc.sessions.back_channel import BACK_CHANNEL, PAUSES
from idp.oidc.sessions.deliveries import KEPT, Delivery, DeliveryState
from idp.oidc.sessions.logout_token import EVENT, TTL
from tests.house import Browser, House, Person, RelyingParty
from tests.protocol.acts import allow, signed_in
from tests.receivers import Received, Receiver, nobody, receiving
from tests.waiting import until

Receive = Callable[..., Receiver]


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    """One that may ask this machine."""
    return make_house(outbound_allowed="127.0.0.0/8")


@pytest.fixture
def receive() -> Iterator[Receive]:
    """Starts a receiver that listens until the test ends."""
    with ExitStack() as stack:
        yield lambda **temper: stack.enter_context(receiving(Receiver(**temper)))


def listener(house: House, name: str, url: str, **details: Any) -> RelyingParty:
    return house.client(name, backchannel_logout_uri=f"{url}/out", **details)


def sign_on(browser: Browser, rp: RelyingParty, scope: str = "openid") -> dict[str, Any]:
    """One more site in the browser's session; its ID token's claims."""
    browser.open("/authorize", rp.request(scope=scope))
    token = rp.redeem(allow(browser)["code"]).get_json()["id_token"]
    return rp.house.id_token(token)[1]


def sign_out(browser: Browser) -> None:
    browser.open("/logout")
    browser.submit({}, "logout-confirm")
    assert "logged-out" in browser.page.ids


def settled(house: House, state: DeliveryState = DeliveryState.DELIVERED, count: int = 1) -> list[Delivery]:
    """Wait for the background's work, in real time; the ledger."""

    def ledger() -> list[Delivery]:
        return house.provider.session_room.deliveries.recent(100)

    until(lambda: sum(delivery.state is state for delivery in ledger()) >= count, lambda: str(ledger()))
    return ledger()


def tried(house: House, tries: int) -> Delivery:
    """Wait until the one delivery has failed this often."""

    def the_one() -> Delivery:
        (delivery,) = house.provider.session_room.deliveries.recent(2)
        return delivery

    until(lambda: the_one().tries == tries and the_one().answer is not None, lambda: str(the_one()))
    return the_one()


def token_of(house: House, received: Received) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a logout token, verified against the published keys by another library."""
    (token,) = received.form["logout_token"]
    keys = KeySet.import_key_set(json.loads(house.app.test_client().get("/jwks").data))
    decoded = jwt.decode(token, keys, algorithms=["ES256", "RS256"])
    return dict(decoded.header), dict(decoded.claims)


@pytest.mark.spec("Back-Channel Logout 1.0 §2.4")
@pytest.mark.spec("Back-Channel Logout 1.0 §2.5")
@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_site_is_sent_a_logout_token_for_its_session(
    house: House, person: Person, receive: Receive, alg: str
) -> None:
    receiver, browser = receive(), signed_in(house, person)
    known = sign_on(browser, listener(house, "site", receiver.url, id_token_signed_response_alg=alg))

    sign_out(browser)
    settled(house)

    (received,) = receiver.received
    assert (received.method, received.path) == ("POST", "/out")
    assert received.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert set(received.form) == {"logout_token"}
    header, claims = token_of(house, received)
    assert (header["typ"], header["alg"]) == ("logout+jwt", alg)
    assert set(claims) == {"iss", "sub", "aud", "iat", "exp", "jti", "events", "sid"}
    assert {name: claims[name] for name in ("iss", "sub", "aud", "sid")} == {
        name: known[name] for name in ("iss", "sub", "aud", "sid")
    }
    assert claims["events"] == {EVENT: {}}
    assert claims["iat"] == int(house.clock().timestamp())
    assert claims["exp"] == claims["iat"] + TTL.total_seconds()


@pytest.mark.spec("Back-Channel Logout 1.0 §2.3")
def test_every_site_of_the_session_is_told_and_no_other(
    house: House, person: Person, receive: Receive
) -> None:
    receiver = receive()
    browser, elsewhere = signed_in(house, person), signed_in(house, person)
    for name in ("first", "second"):
        rp = listener(house, name, receiver.url)
        sign_on(browser, rp)
        sign_on(browser, rp)  # twice there, told once
    sign_on(elsewhere, listener(house, "elsewhere", receiver.url))
    sign_on(browser, house.client("silent"))
    listener(house, "stranger", receiver.url)

    sign_out(browser)
    settled(house, count=2)

    told = [token_of(house, received)[1] for received in receiver.received]
    assert sorted(claims["aud"] for claims in told) == ["first", "second"]
    assert len({claims["jti"] for claims in told}) == 2
    assert len({claims["sub"] for claims in told}) == 2, "a subject of its own for each sector"


def by_client(house: House, browser: Browser, person: Person) -> None:
    sign_out(browser)


def by_session_list(house: House, browser: Browser, person: Person) -> None:
    elsewhere = signed_in(house, person)
    elsewhere.open("/account/sessions")
    elsewhere.submit({}, "end-others")


def by_lock(house: House, browser: Browser, person: Person) -> None:
    house.provider.locking.lock(person.account_id, LockGround.HOLDER_ASKED, "cli")


def by_lock_after_idling(house: House, browser: Browser, person: Person) -> None:
    house.clock.advance(timedelta(hours=2))
    by_lock(house, browser, person)


def by_another_person(house: House, browser: Browser, person: Person) -> None:
    house.clock.advance(timedelta(minutes=1))
    browser.open("/authorize", house.client("next").request(prompt="login"))
    if "username" not in browser.page.ids:
        browser.submit({}, "restart")
    browser.finish(house.person())


def by_another_person_after_idling(house: House, browser: Browser, person: Person) -> None:
    house.clock.advance(timedelta(hours=2))
    by_another_person(house, browser, person)


@pytest.mark.spec("Back-Channel Logout 1.0 §2")
@pytest.mark.parametrize(
    "end",
    [
        by_client,
        by_session_list,
        by_lock,
        by_lock_after_idling,
        by_another_person,
        by_another_person_after_idling,
    ],
)
def test_however_a_session_ends_its_sites_are_told(
    house: House, person: Person, receive: Receive, end: Callable[[House, Browser, Person], None]
) -> None:
    receiver, browser = receive(), signed_in(house, person)
    sid = sign_on(browser, listener(house, "site", receiver.url))["sid"]

    end(house, browser, person)
    settled(house)

    assert [token_of(house, received)[1]["sid"] for received in receiver.received] == [sid]


def test_same_person_back_after_idling_stays_signed_in_at_their_sites(
    house: House, person: Person, receive: Receive
) -> None:
    receiver, browser = receive(), signed_in(house, person)
    rp = listener(house, "site", receiver.url)
    sid = sign_on(browser, rp)["sid"]
    house.clock.advance(timedelta(hours=2))

    tokens = rp.redeem(browser.sign_in(rp, person)["code"]).get_json()

    assert house.id_token(tokens["id_token"])[1]["sid"] == sid
    assert house.provider.session_room.deliveries.recent(1) == []


def test_nobody_is_told_of_an_end_that_was_rolled_back(
    house: House, person: Person, receive: Receive
) -> None:
    receiver, browser = receive(), signed_in(house, person)
    sign_on(browser, listener(house, "site", receiver.url))
    (session,) = house.provider.sessions.of(person.account_id)

    def end_and_fail() -> None:
        with house.provider.database.transaction():
            house.provider.sessions.end(session.id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        end_and_fail()

    house.provider.session_room.back_channel.deliver_due()
    assert receiver.received == []
    assert house.provider.session_room.deliveries.recent(1) == []


@pytest.mark.spec("Back-Channel Logout 1.0 §2.5")
def test_person_does_not_wait_for_a_slow_site_and_neither_do_the_others(
    house: House, person: Person, receive: Receive
) -> None:
    slow, quick, browser = receive(delay_seconds=30), receive(), signed_in(house, person)
    for number in range(3):
        sign_on(browser, listener(house, f"slow{number}", slow.url))
    sign_on(browser, listener(house, "quick", quick.url))

    begun = time.monotonic()
    sign_out(browser)
    answered_after = time.monotonic() - begun
    settled(house)

    assert answered_after < 3
    assert quick.received[0].at - begun < 3
    assert {d.client_id for d in house.provider.session_room.deliveries.recent(9) if d.settled_at} == {
        "quick"
    }


@pytest.mark.spec("Back-Channel Logout 1.0 §2.8")
@pytest.mark.parametrize(
    ("temper", "answer"),
    [
        ({"status": 400, "body": b'{"error":"invalid_request"}'}, "400"),
        ({"status": 500}, "500"),
        ({"status": 302, "headers": {"Location": "/elsewhere"}}, "302"),
        ({"delay_seconds": 30}, "outbound_timeout"),
        ({"body": bytes(70_000)}, "outbound_too_large"),
        (None, "outbound_unreachable"),
    ],
)
def test_failed_delivery_is_tried_again_later(
    house: House, person: Person, receive: Receive, temper: dict[str, Any] | None, answer: str
) -> None:
    receiver = receive(**temper) if temper is not None else Receiver(url=nobody())
    browser = signed_in(house, person)
    sign_on(browser, listener(house, "site", receiver.url))

    sign_out(browser)

    delivery = tried(house, 1)
    assert (delivery.state, delivery.answer) == (DeliveryState.PENDING, answer)
    assert delivery.next_at == house.clock() + PAUSES[0]
    assert [received.path for received in receiver.received] == (["/out"] if temper is not None else [])


def test_try_is_made_when_due_and_ends_with_the_first_success(
    house: House, person: Person, receive: Receive
) -> None:
    receiver, browser = receive(status=503), signed_in(house, person)
    sign_on(browser, listener(house, "site", receiver.url))
    sign_out(browser)
    tried(house, 1)
    house.provider.session_room.courier.stop()
    again = house.provider.session_room.back_channel.deliver_due

    assert again() == {}
    house.clock.advance(PAUSES[0])
    assert again() == {DeliveryState.PENDING: 1}
    receiver.status = 204
    house.clock.advance(PAUSES[1])
    assert again() == {DeliveryState.DELIVERED: 1}
    house.clock.advance(timedelta(days=1))
    assert again() == {}

    assert len(receiver.received) == 3
    tokens = [token_of(house, received)[1] for received in receiver.received]
    assert len({claims["jti"] for claims in tokens}) == 3
    assert tokens[2]["iat"] == int((house.clock() - timedelta(days=1)).timestamp()), "fresh at each try"


@pytest.mark.parametrize("status", [400, 500])
def test_it_is_given_up_after_five_tries(house: House, person: Person, receive: Receive, status: int) -> None:
    receiver, browser = receive(status=status), signed_in(house, person)
    sign_on(browser, listener(house, "site", receiver.url))
    sign_out(browser)
    tried(house, 1)
    house.provider.session_room.courier.stop()

    for pause in PAUSES:
        house.clock.advance(pause)
        house.provider.session_room.back_channel.deliver_due()
    house.clock.advance(timedelta(days=2))
    house.provider.session_room.back_channel.deliver_due()

    (delivery,) = house.provider.session_room.deliveries.recent(9)
    assert (delivery.state, delivery.tries, delivery.answer) == (DeliveryState.GIVEN_UP, 5, str(status))
    assert len(receiver.received) == 5


def test_dead_receiver_is_left_alone_for_a_while(house: House) -> None:
    listener(house, "site", nobody())
    deliveries = house.provider.session_room.deliveries
    for _ in range(40):
        deliveries.owe(["site"], new_id(), new_id())

    def tries() -> int:
        house.provider.session_room.back_channel.deliver_due()
        return sum(delivery.tries for delivery in deliveries.recent(99))

    first = tries()
    assert 5 <= first < 20, "the rest were not even tried"
    assert tries() == first
    house.clock.advance(timedelta(minutes=2))
    assert tries() == first + 1, "one, to see how it is"


def test_address_inside_our_own_network_is_not_asked(make_house: Any, receive: Receive) -> None:
    house = make_house(outbound_allowed="")
    person, receiver = house.person(), receive()
    browser = signed_in(house, person)
    sign_on(browser, listener(house, "site", receiver.url))

    sign_out(browser)

    assert tried(house, 1).answer == "outbound_address_refused"
    assert receiver.received == []


def test_client_gone_meanwhile_is_not_asked(house: House, person: Person, receive: Receive) -> None:
    receiver, browser = receive(status=500), signed_in(house, person)
    sign_on(browser, listener(house, "site", receiver.url))
    sign_out(browser)
    tried(house, 1)
    house.provider.session_room.courier.stop()

    house.provider.clients.disable("site")
    house.clock.advance(PAUSES[0])
    house.provider.session_room.back_channel.deliver_due()

    (delivery,) = house.provider.session_room.deliveries.recent(9)
    assert (delivery.state, delivery.answer) == (DeliveryState.GIVEN_UP, "client_gone")
    assert len(receiver.received) == 1


def test_crash_on_the_way_loses_nothing(house: House, person: Person, receive: Receive) -> None:
    receiver, browser = receive(), signed_in(house, person)
    sign_on(browser, listener(house, "site", receiver.url))
    house.provider.session_room.courier.stop()
    sign_out(browser)
    assert len(house.provider.session_room.deliveries.take(9)) == 1, (
        "somebody takes it, and is never seen again"
    )

    assert house.provider.session_room.back_channel.deliver_due() == {}
    house.clock.advance(timedelta(minutes=1))
    assert house.provider.session_room.back_channel.deliver_due() == {DeliveryState.DELIVERED: 1}

    assert len(receiver.received) == 1


def test_two_who_deliver_send_each_word_once(house: House, person: Person, receive: Receive) -> None:
    receiver = receive(delay_seconds=0.2)
    house.provider.session_room.courier.stop()
    rp = listener(house, "site", receiver.url)
    for _ in range(6):
        browser = signed_in(house, person)
        sign_on(browser, rp)
        sign_out(browser)

    with ThreadPoolExecutor(2) as pool:
        tallies = list(pool.map(lambda _: house.provider.session_room.back_channel.deliver_due(), range(2)))

    assert sum(tally[DeliveryState.DELIVERED] for tally in tallies) == 6
    told = [token_of(house, received)[1]["sid"] for received in receiver.received]
    assert len(told) == len(set(told)) == 6


def test_ledger_is_kept_for_a_while(house: House, person: Person, receive: Receive) -> None:
    receiver, browser = receive(), signed_in(house, person)
    sign_on(browser, listener(house, "site", receiver.url))
    sign_out(browser)
    (delivery,) = settled(house)

    assert (delivery.answer, delivery.next_at, delivery.settled_at) == ("200", None, house.clock())
    house.clock.advance(KEPT - timedelta(days=1))
    assert house.provider.session_room.deliveries.forget() == 0
    house.clock.advance(timedelta(days=2))
    assert house.provider.session_room.deliveries.forget() == 1


@pytest.mark.spec("Back-Channel Logout 1.0 §2.7")
def test_offline_access_outlives_the_session(house: House, person: Person, receive: Receive) -> None:
    receiver, browser = receive(), signed_in(house, person)
    rp = listener(house, "site", receiver.url)
    browser.open("/authorize", rp.request(scope="openid offline_access"))
    tokens = rp.redeem(allow(browser)["code"]).get_json()

    sign_out(browser)
    settled(house)

    assert rp.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.spec("Back-Channel Logout 1.0 §2.2")
@pytest.mark.parametrize(
    "uri",
    ["http://site.example/out", "https://site.example/out#x", "ftp://site.example/", "/out", "javascript:0"],
)
def test_address_that_cannot_be_asked_is_not_registered(house: House, uri: str) -> None:
    with pytest.raises(InvalidClientMetadata, match="backchannel_logout_uri"):
        house.client("site", backchannel_logout_uri=uri)


@pytest.mark.spec("Back-Channel Logout 1.0 §2.1")
def test_discovery_says_so(house: House) -> None:
    document = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert document.items() >= BACK_CHANNEL.items()
