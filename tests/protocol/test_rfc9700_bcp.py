"""RFC 9700: what is spent stays spent, and a second use ends what the first gave birth to."""

import secrets
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp.audit.events import Event
from idp.kernel.errors import Unavailable
from idp.storage.ephemeral import Space
from tests.house import House, Person, RelyingParty
from tests.protocol.acts import code_for, refused, tokens_for

CALLERS = 50


def at_once(call: Callable[[], TestResponse]) -> list[TestResponse]:
    """What ``CALLERS`` threads get that start together."""
    start, answers = threading.Barrier(CALLERS), []

    def act() -> None:
        start.wait()
        answers.append(call())

    threads = [threading.Thread(target=act) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == CALLERS
    return answers


@pytest.fixture(params=["sqlite", "postgres", "postgres and redis"])
def any_house(request: pytest.FixtureRequest, make_house: Callable[..., House]) -> House:
    """A house on each kind of storage."""
    settings: dict[str, Any] = {}
    if request.param != "sqlite":
        settings = {
            "database_url": request.getfixturevalue("postgres_url"),
            "is_demo": False,
            "sms_channel": "none",
        }
    if request.param.endswith("redis"):
        settings["redis_url"] = request.getfixturevalue("redis_url")
    return make_house(**settings)


def events(house: House, person: Person) -> list[Event]:
    return [entry.event for entry in house.provider.audit.for_account(person.account_id, 1000)]


@pytest.mark.spec("RFC 6749 §4.1.2")
def test_of_fifty_parallel_redemptions_of_a_code_one_succeeds(any_house: House) -> None:
    rp, person = any_house.client(), any_house.person()
    code = code_for(rp, person, scope="openid offline_access")

    answers = at_once(lambda: rp.redeem(code))

    assert sorted({answer.status_code for answer in answers}) == [200, 400]
    assert [answer.status_code for answer in answers].count(200) == 1
    for answer in answers:
        if answer.status_code != 200:
            refused(answer, "invalid_grant")
    assert events(any_house, person).count(Event.TOKEN_ISSUED) == 1


@pytest.mark.spec("RFC 9700 §4.14.2")
def test_of_fifty_parallel_refreshes_one_succeeds_and_the_family_ends(any_house: House) -> None:
    rp, person = any_house.client(), any_house.person()
    first = tokens_for(rp, person, scope="openid offline_access")

    answers = at_once(lambda: rp.refresh(first["refresh_token"]))

    won = [answer.get_json() for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    for answer in answers:
        if answer.status_code != 200:
            refused(answer, "invalid_grant")
    assert events(any_house, person).count(Event.TOKEN_REFRESHED) == 1
    # Forty-nine reuses: nobody can tell which of them was the thief's.
    refused(rp.refresh(won[0]["refresh_token"]), "invalid_grant")
    refused(rp.userinfo(won[0]["access_token"]), "invalid_token", 401)


@pytest.mark.spec("RFC 6749 §6")
def test_refresh_token_stays_in_force_where_no_answer_could_be_made(
    any_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    rp, person = any_house.client(), any_house.person()
    first = tokens_for(rp, person, scope="openid offline_access")

    def silent(*_: object, **__: object) -> str:
        raise Unavailable("keys")

    with monkeypatch.context() as broken:
        broken.setattr(type(any_house.provider.keyring), "sign", silent)
        assert rp.refresh(first["refresh_token"]).status_code == 503

    assert rp.refresh(first["refresh_token"]).status_code == 200
    assert events(any_house, person).count(Event.TOKEN_REFRESHED) == 1


@pytest.mark.spec(
    "RFC 6749 §4.1.2", "RFC 6749 §10.5", "OIDC Core 1.0 §3.1.3.2", "FAPI 2.0 Security Profile §5.3.2.2"
)
def test_code_used_twice_ends_every_token_born_of_it(any_house: House) -> None:
    rp, person = any_house.client(), any_house.person()
    code = code_for(rp, person, scope="openid offline_access")
    first = rp.redeem(code).get_json()
    second = rp.refresh(first["refresh_token"]).get_json()
    assert rp.userinfo(second["access_token"]).status_code == 200

    refused(rp.redeem(code), "invalid_grant")

    for token in (first["access_token"], second["access_token"]):
        refused(rp.userinfo(token), "invalid_token", 401)
    refused(rp.refresh(second["refresh_token"]), "invalid_grant")
    assert Event.CODE_REPLAYED in events(any_house, person)


@pytest.mark.spec("RFC 6749 §4.1.2")
def test_code_is_remembered_long_after_it_expired(house: House, rp: RelyingParty, person: Person) -> None:
    code = code_for(rp, person, scope="openid offline_access")
    first = rp.redeem(code).get_json()
    house.clock.advance(timedelta(days=3))

    refused(rp.redeem(code), "invalid_grant")

    refused(rp.refresh(first["refresh_token"]), "invalid_grant")


@pytest.mark.spec("RFC 6749 §4.1.2")
def test_code_that_comes_again_while_it_is_redeemed_ends_what_is_born_of_it(
    any_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thief's request falls between the first one's taking of the code and its writing of the grant."""
    rp, person = any_house.client(), any_house.person()
    code = code_for(rp, person, scope="openid offline_access")
    take, second = any_house.provider.ephemeral.take, []

    def overtaken(space: Any, key: str) -> bytes | None:
        taken = take(space, key)
        if space is Space.CODE and taken is not None:
            second.append(rp.redeem(code))
        return taken

    monkeypatch.setattr(any_house.provider.ephemeral, "take", overtaken)
    first = rp.redeem(code)

    refused(second[0], "invalid_grant")
    assert first.status_code == 200  # exactly one succeeds, whatever it is worth
    refused(rp.userinfo(first.get_json()["access_token"]), "invalid_token", 401)
    refused(rp.refresh(first.get_json()["refresh_token"]), "invalid_grant")
    assert events(any_house, person).count(Event.CODE_REPLAYED) == 1
    refused(rp.redeem(code), "invalid_grant")


@pytest.mark.spec("RFC 9700 §4.14.2", "RFC 6749 §10.4")
def test_only_what_was_given_out_ends_anything(
    house: House, rp: RelyingParty, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who knows a grant's id, as of an access token in a log, cannot make up a code or token that ends it."""
    code = code_for(rp, person, scope="openid offline_access")
    tokens = rp.redeem(code).get_json()
    in_force = tokens["refresh_token"]
    asked: list[Any] = []
    monkeypatch.setattr(house.provider.ephemeral, "take", lambda *key: asked.append(key))

    for made_up in (in_force[:22] + "A" * 43, in_force[:22] + secrets.token_urlsafe(32), code[:-1] + "_"):
        refused(rp.refresh(made_up), "invalid_grant")
        refused(rp.redeem(made_up), "invalid_grant")
    refused(rp.refresh(code), "invalid_grant")
    refused(rp.redeem(in_force), "invalid_grant")

    assert rp.userinfo(tokens["access_token"]).status_code == 200
    assert rp.refresh(in_force).status_code == 200
    assert asked == []  # nor does it cost a look into any store
    assert not {Event.CODE_REPLAYED, Event.REFRESH_REUSED} & set(events(house, person))


@pytest.mark.spec("RFC 9700 §4.14.2")
@pytest.mark.parametrize("what", ["code", "refresh_token"])
def test_end_of_a_family_and_its_memory_stand_or_fall_together(
    house: House, rp: RelyingParty, person: Person, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    code = code_for(rp, person, scope="openid offline_access")
    first = rp.redeem(code).get_json()
    second = rp.refresh(first["refresh_token"]).get_json()
    replay = {"code": lambda: rp.redeem(code), "refresh_token": lambda: rp.refresh(first["refresh_token"])}
    record = house.provider.audit.record

    def silent(event: Event, **facts: Any) -> None:
        if event in (Event.CODE_REPLAYED, Event.REFRESH_REUSED):
            raise Unavailable("database")
        record(event, **facts)

    with monkeypatch.context() as broken:
        broken.setattr(house.provider.audit, "record", silent)
        assert replay[what]().status_code == 503
    assert rp.userinfo(second["access_token"]).status_code == 200  # never a revocation that nobody knows of

    refused(replay[what](), "invalid_grant")
    refused(rp.userinfo(second["access_token"]), "invalid_token", 401)
    assert {Event.CODE_REPLAYED, Event.REFRESH_REUSED} & set(events(house, person))


@pytest.mark.spec("RFC 9700 §2.1.1")
def test_code_that_the_store_gives_twice_is_redeemed_once(
    house: House, rp: RelyingParty, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a restore: the short-lived store forgot that the code was taken, the database did not."""
    code = code_for(rp, person, scope="openid offline_access")
    space_and_key = {}
    take = house.provider.ephemeral.take

    def restored(space: Any, key: str) -> bytes | None:
        return space_and_key.setdefault((space, key), take(space, key))

    monkeypatch.setattr(house.provider.ephemeral, "take", restored)
    first = rp.redeem(code).get_json()

    refused(rp.redeem(code), "invalid_grant")

    refused(rp.userinfo(first["access_token"]), "invalid_token", 401)


@pytest.mark.spec("RFC 9700 §4.14.2")
def test_refresh_tokens_rotate(rp: RelyingParty, person: Person) -> None:
    tokens = tokens_for(rp, person, scope="openid offline_access")
    seen = {tokens["refresh_token"]}

    for _ in range(5):
        tokens = rp.refresh(tokens["refresh_token"]).get_json()
        assert tokens["refresh_token"] not in seen
        seen.add(tokens["refresh_token"])
        assert rp.userinfo(tokens["access_token"]).status_code == 200


@pytest.mark.spec("RFC 9700 §4.14.2", "RFC 9700 §2.2.2")
@pytest.mark.parametrize("method", ["client_secret_basic", "none"])
def test_refresh_token_used_twice_ends_the_family(house: House, person: Person, method: str) -> None:
    rp = house.client("party", token_endpoint_auth_method=method)
    first = tokens_for(rp, person, scope="openid offline_access")
    second = rp.refresh(first["refresh_token"]).get_json()
    third = rp.refresh(second["refresh_token"]).get_json()

    refused(rp.refresh(first["refresh_token"]), "invalid_grant")

    refused(rp.refresh(third["refresh_token"]), "invalid_grant")
    for tokens in (first, second, third):
        refused(rp.userinfo(tokens["access_token"]), "invalid_token", 401)
    assert Event.REFRESH_REUSED in events(house, person)


@pytest.mark.spec("RFC 9700 §4.14.2")
def test_end_of_one_family_leaves_the_others(house: House, rp: RelyingParty, person: Person) -> None:
    stolen, other = (tokens_for(rp, person, scope="openid offline_access") for _ in range(2))
    rp.refresh(stolen["refresh_token"])

    refused(rp.refresh(stolen["refresh_token"]), "invalid_grant")

    assert rp.refresh(other["refresh_token"]).status_code == 200


@pytest.mark.spec("RFC 9700 §4.14.2")
def test_family_has_an_end_however_often_it_is_refreshed(
    house: House, rp: RelyingParty, person: Person
) -> None:
    tokens = tokens_for(rp, person, scope="openid offline_access")
    for _ in range(3):
        house.clock.advance(timedelta(days=9))
        tokens = rp.refresh(tokens["refresh_token"]).get_json()

    house.clock.advance(timedelta(days=3))

    refused(rp.refresh(tokens["refresh_token"]), "invalid_grant")


@pytest.mark.spec("RFC 9700 §4.14.2")
def test_withdrawn_consent_ends_the_family(house: House, rp: RelyingParty, person: Person) -> None:
    tokens = tokens_for(rp, person, scope="openid offline_access")

    house.provider.consents.withdraw(person.account_id, rp.client_id)

    refused(rp.refresh(tokens["refresh_token"]), "invalid_grant")


def test_one_kind_of_credential_never_passes_for_another(rp: RelyingParty, person: Person) -> None:
    code = code_for(rp, person, scope="openid offline_access")
    tokens = rp.redeem(code_for(rp, person, scope="openid offline_access")).get_json()

    refused(rp.refresh(code), "invalid_grant")
    for token in ("refresh_token", "access_token", "id_token"):
        refused(rp.redeem(tokens[token]), "invalid_grant")
    for token in ("access_token", "id_token"):
        refused(rp.refresh(tokens[token]), "invalid_grant")
    assert rp.redeem(code).status_code == 200
    assert rp.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.spec("RFC 9700 §4.5.3.1")
def test_code_of_another_session_of_the_same_client_is_refused(
    house: House, rp: RelyingParty, person: Person
) -> None:
    """Code injection: the attacker's code in the victim's session lacks the victim's challenge."""
    attacker = RelyingParty(house, rp.client_id, rp.secret, rp.method, rp.redirect_uri)

    refused(rp.redeem(code_for(attacker, house.person())), "invalid_grant")


@pytest.mark.spec("RFC 9700 §4.11", "RFC 6749 §10.15", "FAPI 2.0 Security Profile §5.3.2.1", "RFC 9700 §2.1")
@pytest.mark.parametrize(
    "path", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example"]
)
def test_the_language_switch_is_no_open_redirector(house: House, path: str) -> None:
    response = house.app.test_client().get("/language/en", query_string={"return": path})

    assert "evil" not in response.headers["Location"]


@pytest.mark.spec("RFC 9700 §4.12", "FAPI 2.0 Security Profile §5.3.2.2")
def test_redirects_that_follow_a_password_are_303(house: House, rp: RelyingParty, person: Person) -> None:
    browser = house.browser()
    browser.open("/authorize", rp.request())
    form = browser.page.form_with("username")
    assert form is not None

    response = browser.client.post(
        form.action, data=form.filled({"username": person.username, "password": person.password})
    )

    assert response.status_code == 303


@pytest.mark.spec("RFC 9700 §4.2.4")
def test_pages_send_no_referrer_and_are_not_kept(rp: RelyingParty, house: House) -> None:
    browser = house.browser()

    headers = browser.open("/authorize", rp.request()).headers

    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


@pytest.mark.spec("RFC 9700 §4.14.2")
def test_sweeping_forgets_grants_and_sessions_when_their_time_is_over_and_no_sooner(
    house: House, rp: RelyingParty, person: Person
) -> None:
    provider, code = house.provider, code_for(rp, person, scope="openid offline_access")
    first = rp.redeem(code).get_json()
    second = rp.refresh(first["refresh_token"]).get_json()
    house.clock.advance(house.settings.session_ttl)
    assert (provider.sessions.forget(), provider.grants.forget()) == (0, 0)
    house.clock.advance(timedelta(seconds=1))
    assert (provider.sessions.forget(), provider.grants.forget()) == (1, 0)

    third = rp.refresh(second["refresh_token"]).get_json()
    refused(rp.refresh(second["refresh_token"]), "invalid_grant")  # a reuse is still told
    refused(rp.refresh(third["refresh_token"]), "invalid_grant")
    assert provider.grants.forget() == 0

    house.clock.advance(house.settings.refresh_ttl)
    assert provider.grants.forget() == 1
    for token in (second["refresh_token"], third["refresh_token"]):
        refused(rp.refresh(token), "invalid_grant")
    refused(rp.redeem(code), "invalid_grant")
