"""What people and clients see while a server is gone, and that all is as before once it is back."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from werkzeug.test import TestResponse

from tests.house import Browser, House, Person, RelyingParty
from tests.servers import Postgres, Redis, Server

MOST_SECONDS = 10
PUBLIC = (
    "/jwks",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/help",
    "/privacy",
    "/",
)


@dataclass(slots=True)
class Scene:
    """A house in use: somebody signed in, tokens given, and a sign-in half done in another browser."""

    house: House
    rp: RelyingParty
    person: Person
    signed_in: Browser
    halfway: Browser
    tokens: dict[str, str]
    code: str

    @classmethod
    def of(cls, house: House) -> "Scene":
        rp, person = house.client(), house.person()
        signed_in, halfway = house.browser(), house.browser()
        scope = "openid profile offline_access"
        tokens = rp.redeem(signed_in.sign_in(rp, person, scope=scope)["code"]).json
        code = signed_in.sign_in(rp, person, scope=scope)["code"]
        halfway.open("/authorize", rp.request())
        return cls(house, rp, person, signed_in, halfway, tokens, code)

    def type_password(self) -> TestResponse:
        """Send the form of the half-done sign-in; the page in that browser stays as it was."""
        form = self.halfway.page.form_with("password")
        assert form is not None
        answers = {"username": self.person.username, "password": self.person.password}
        return self.halfway.client.post(form.action, data=form.filled(answers, "login-submit"))

    def still_serves_what_is_public(self) -> None:
        for path in PUBLIC:
            answer = in_time(lambda path=path: self.house.app.test_client().get(path))  # type: ignore[misc]
            assert answer.status_code == 200, path

    def works_again(self) -> None:
        """A whole sign-in in a new browser, and what follows it."""
        self.house.clock.advance_step()
        answer = self.house.browser().sign_in(self.rp, self.person)
        tokens = self.rp.redeem(answer["code"])
        assert tokens.status_code == 200
        assert self.rp.userinfo(tokens.json["access_token"]).status_code == 200
        assert self.house.app.test_client().get("/health").status_code == 200


def in_time(ask: Callable[[], TestResponse]) -> TestResponse:
    begun = time.monotonic()
    answer = ask()
    assert time.monotonic() - begun < MOST_SECONDS
    return answer


def is_told_to_clients(answer: TestResponse) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.mimetype == "application/json"
    assert answer.json["error"] == "temporarily_unavailable"
    assert int(answer.headers["Retry-After"]) > 0


def is_told_to_people(answer: TestResponse) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.mimetype == "text/html"
    assert '<html lang="vi"' in answer.text
    assert '<code id="op-code">unavailable</code>' in answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert "Location" not in answer.headers
    assert "Traceback" not in answer.text


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A cluster that may be stopped."""
    server = Postgres()
    server.start()
    yield server
    _up(server)
    server.close()


@pytest.fixture
def own_redis() -> Iterator[Redis]:
    """A Redis that may be stopped."""
    server = Redis()
    server.start()
    yield server
    _up(server)
    server.close()


def _up(server: Server) -> None:
    if server.process is not None:
        server.thaw()


@pytest.fixture
def on_postgres(make_house: Callable[..., House], own_postgres: Postgres) -> Scene:
    url = own_postgres.url(own_postgres.create())
    return Scene.of(make_house(database_url=f"{url}&application_name=demo"))


@pytest.fixture
def on_redis(make_house: Callable[..., House], own_redis: Redis) -> Scene:
    return Scene.of(make_house(redis_url=own_redis.url))


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_postgresql_gone_is_told_and_all_is_as_before_once_it_is_back(
    on_postgres: Scene, own_postgres: Postgres, how: str
) -> None:
    scene = on_postgres
    getattr(own_postgres, how)()

    is_told_to_clients(in_time(lambda: scene.rp.redeem(scene.code)))
    is_told_to_clients(in_time(lambda: scene.rp.refresh(scene.tokens["refresh_token"])))
    is_told_to_clients(in_time(lambda: scene.rp.userinfo(scene.tokens["access_token"])))
    is_told_to_clients(in_time(lambda: scene.house.app.test_client().get("/health")))
    is_told_to_people(in_time(scene.type_password))
    for browser in (scene.house.browser(), scene.signed_in):
        is_told_to_people(in_time(lambda: browser.open("/authorize", scene.rp.request())))  # noqa: B023
    is_told_to_people(in_time(lambda: scene.signed_in.open("/account")))
    is_told_to_people(in_time(lambda: scene.signed_in.open("/logout")))
    scene.still_serves_what_is_public()

    own_postgres.start()

    assert scene.type_password().status_code == 303, "the page that stood open goes on"
    assert scene.rp.userinfo(scene.tokens["access_token"]).status_code == 200
    assert scene.rp.refresh(scene.tokens["refresh_token"]).status_code == 200
    assert scene.rp.redeem(scene.code).status_code == 200, "nobody had spent it"
    assert scene.rp.redeem(scene.code).status_code == 400
    assert "username" not in scene.signed_in.open("/account").text
    scene.works_again()


def test_postgresql_that_hangs_is_told_and_goes_on_where_it_was(
    on_postgres: Scene, own_postgres: Postgres
) -> None:
    scene = on_postgres
    own_postgres.freeze()

    is_told_to_clients(in_time(lambda: scene.rp.refresh(scene.tokens["refresh_token"])))
    is_told_to_clients(in_time(lambda: scene.rp.userinfo(scene.tokens["access_token"])))
    is_told_to_people(in_time(scene.type_password))
    is_told_to_people(in_time(lambda: scene.signed_in.open("/authorize", scene.rp.request())))
    scene.still_serves_what_is_public()

    own_postgres.thaw()
    assert scene.type_password().status_code == 303
    assert scene.rp.userinfo(scene.tokens["access_token"]).status_code == 200
    scene.works_again()


def test_postgresql_restarted_between_two_requests_goes_unnoticed(
    on_postgres: Scene, own_postgres: Postgres
) -> None:
    own_postgres.restart()

    assert on_postgres.type_password().status_code == 303
    assert on_postgres.rp.redeem(on_postgres.code).status_code == 200
    assert on_postgres.rp.userinfo(on_postgres.tokens["access_token"]).status_code == 200
    on_postgres.works_again()


def test_what_was_spent_before_postgresql_was_killed_stays_spent(
    on_postgres: Scene, own_postgres: Postgres
) -> None:
    scene = on_postgres
    scene.rp.redeem(scene.code)
    scene.rp.refresh(scene.tokens["refresh_token"])
    own_postgres.kill()
    own_postgres.start()

    assert scene.rp.redeem(scene.code).json["error"] == "invalid_grant"
    assert scene.rp.refresh(scene.tokens["refresh_token"]).json["error"] == "invalid_grant"


def _what_redis_is_needed_for_is_told(scene: Scene) -> None:
    is_told_to_clients(in_time(lambda: scene.rp.redeem(scene.code)))
    is_told_to_clients(in_time(lambda: scene.house.app.test_client().get("/health")))
    is_told_to_people(in_time(scene.type_password))
    is_told_to_people(in_time(lambda: scene.house.browser().open("/authorize", scene.rp.request())))
    is_told_to_people(in_time(lambda: scene.house.browser().open("/account")))
    scene.still_serves_what_is_public()
    assert in_time(lambda: scene.rp.userinfo(scene.tokens["access_token"])).status_code == 200


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_redis_gone_is_told_and_all_is_as_before_once_it_is_back(
    on_redis: Scene, own_redis: Redis, how: str
) -> None:
    getattr(own_redis, how)()

    _what_redis_is_needed_for_is_told(on_redis)

    own_redis.start()
    assert on_redis.type_password().status_code == 410, "what it kept is gone: begin again"
    assert on_redis.rp.redeem(on_redis.code).json["error"] == "invalid_grant"
    on_redis.works_again()


def test_redis_that_hangs_is_told_and_goes_on_where_it_was(on_redis: Scene, own_redis: Redis) -> None:
    own_redis.freeze()

    _what_redis_is_needed_for_is_told(on_redis)

    own_redis.thaw()
    assert on_redis.type_password().status_code == 303
    on_redis.works_again()


def test_nobody_guesses_for_free_while_redis_is_gone(
    on_redis: Scene, own_redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_redis.stop()

    def never(*_: object) -> None:
        raise AssertionError("a password was looked at that nobody counted")

    monkeypatch.setattr(type(on_redis.house.provider.password._hashing), "verify", never)

    is_told_to_people(on_redis.type_password())


def test_code_spent_before_redis_was_flushed_stays_spent(on_redis: Scene, own_redis: Redis) -> None:
    scene = on_redis
    assert scene.rp.redeem(scene.code).status_code == 200

    own_redis.flush()

    assert scene.rp.redeem(scene.code).json["error"] == "invalid_grant"
    scene.works_again()


def test_sqlite_held_by_another_is_told_to_who_must_write(
    make_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.storage.engine.STATEMENT_TIMEOUT_MS", 50)
    scene = Scene.of(make_house())
    intruder = sqlite3.connect(
        scene.house.settings.database_url.removeprefix("sqlite:///"), isolation_level=None
    )
    intruder.execute("BEGIN IMMEDIATE")

    is_told_to_clients(in_time(lambda: scene.rp.refresh(scene.tokens["refresh_token"])))
    is_told_to_clients(in_time(lambda: scene.rp.redeem(scene.code)))
    is_told_to_people(in_time(scene.type_password))
    assert scene.rp.userinfo(scene.tokens["access_token"]).status_code == 200, "readers wait for nobody"
    scene.still_serves_what_is_public()

    intruder.execute("ROLLBACK")
    intruder.close()
    assert scene.type_password().status_code == 303
    assert scene.rp.refresh(scene.tokens["refresh_token"]).status_code == 200
    scene.works_again()
