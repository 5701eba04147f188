"""What a sign-in asks of the database: counted step by step, and never a table read from end to end."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text

from idp.accounts.account import LockGround
from idp.oidc import consent_statements
from idp.storage import ephemeral_sql
from tests.bench.crowd import FEWEST, Crowd
from tests.house import Browser, House, Person, RelyingParty
from tests.servers import Postgres

PAUSES = ("BEGIN", "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")
ROWS = 4000
# An expression for each type of column; ``n`` counts the rows.
ANY_VALUE = {
    "uuid": "gen_random_uuid()",
    "character varying": "left(md5(random()::text), {length})",
    "text": "md5(random()::text)",
    "json": "json '[]'",
    "bytea": "sha256(random()::text::bytea)",
    "timestamp with time zone": "now() + n * interval '1 minute'",
    "date": "current_date + n",
    "boolean": "n % 2 = 0",
    "smallint": "n",
    "integer": "n",
    "bigint": "n",
}
SEARCHES = ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan")


@contextmanager
def heard(house: House) -> Iterator[list[str]]:
    """Every statement on the main database meanwhile, BEGIN and COMMIT among them."""
    statements: list[str] = []

    def hear(_connection: object, _cursor: object, sql: str, *_: object) -> None:
        statements.append(" ".join(sql.split()))

    engine = house.provider.database.engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def told(statements: list[str]) -> list[str]:
    """Verb and table of each."""
    words = [
        re.match(r"(SELECT|INSERT|UPDATE|DELETE)(?:.*? (?:FROM|INTO)|) (\w+)", each) for each in statements
    ]
    return [f"{word[1].lower()} {word[2]}" for word in words if word]


def cost(house: House, act: Callable[[], object]) -> tuple[list[str], int]:
    """What an act asks, and in how many transactions."""
    with heard(house) as statements:
        act()
    return told(statements), statements.count("COMMIT")


@pytest.fixture
def warm(house: House, rp: RelyingParty) -> None:
    """Caches filled and the audit lane open: as it is all day."""
    house.browser().sign_in(rp, house.person())


WRITE_AUDIT = ["update audit_lanes", "insert audit_events"]
EACH_STEP: dict[str, tuple[list[str], int]] = {
    "request": ([], 0),
    "password": (
        [
            "select accounts",
            "select authenticators",
            *WRITE_AUDIT,
            "select authenticators",
            "select consents",
            "select accounts",
        ],
        1,
    ),
    "code page": (["select accounts"], 0),
    "code": (
        ["select accounts", "select authenticators", "update authenticators", *WRITE_AUDIT],
        1,
    ),
    "consent page": (["select accounts"], 0),
    "consent": (
        [
            "select accounts",
            "select authenticators",  # still the ones that gave the proofs
            "insert sessions",
            "select consents",
            "insert consents",
            *WRITE_AUDIT,
        ],
        1,
    ),
    "tokens": (["select sessions", "select accounts", "insert grants", *WRITE_AUDIT], 1),
    "userinfo": (["select grants"], 0),
    "refresh": (["select grants", "update grants", *WRITE_AUDIT], 1),
}


@pytest.mark.usefixtures("warm")
def test_each_step_of_a_sign_in_asks_as_little_as_it_can(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    steps: dict[str, tuple[list[str], int]] = {}
    steps["request"] = cost(
        house, lambda: browser.open("/authorize", rp.request(scope="openid offline_access"))
    )
    form = browser.page.form_with("password")
    assert form is not None
    password = form.filled({"username": person.username, "password": person.password})
    steps["password"] = cost(house, lambda: browser.client.post(form.action, data=password))
    page = form.action.removesuffix("/identify")
    steps["code page"] = cost(house, lambda: browser.open(page))
    code = {"form_token": password["form_token"], "otp": person.code()}
    steps["code"] = cost(house, lambda: browser.client.post(f"{page}/prove/totp", data=code))
    steps["consent page"] = cost(house, lambda: browser.open(page))
    steps["consent"] = cost(house, lambda: browser.submit({}, "consent-allow"))
    granted = browser.answer["code"]
    steps["tokens"] = cost(house, lambda: steps.update(answer=rp.redeem(granted).json))  # type: ignore[call-overload]
    tokens: Any = steps.pop("answer")
    steps["userinfo"] = cost(house, lambda: rp.userinfo(tokens["access_token"]))
    steps["refresh"] = cost(house, lambda: rp.refresh(tokens["refresh_token"]))

    assert steps == EACH_STEP


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("written", ["opaque", "jwt"])
def test_token_of_a_clients_own_right_writes_its_audit_row_alone(house: House, written: str) -> None:
    robot = house.client(
        "robot", grant_types=("client_credentials",), scope=("reports",), access_token_format=written
    )

    robot.post("/token", {"grant_type": "client_credentials"})  # from now on the client is known

    asked = cost(house, lambda: robot.post("/token", {"grant_type": "client_credentials"}))

    assert asked == (WRITE_AUDIT, 1)


@pytest.mark.usefixtures("warm")
def test_sign_in_asks_no_more_where_there_are_more_accounts(house: House, rp: RelyingParty) -> None:
    people = [house.person() for _ in range(2)]
    among_few = cost(house, lambda: house.browser().sign_in(rp, people[0]))

    Crowd(house.provider).grow_to(FEWEST)

    assert cost(house, lambda: house.browser().sign_in(rp, people[1])) == among_few


def test_consent_that_stands_is_found_by_an_index_of_those_that_stand(house: House) -> None:
    database = house.provider.database
    values = {"of_account": "", "of_client": ""}
    asked = consent_statements.FIND.compiled(database.engine.dialect, frozenset(values)).sql

    plan = database.all(text(f"EXPLAIN QUERY PLAN {asked}"), values)

    assert "ix_consents_account_id_client_id" in str(plan)


@pytest.mark.usefixtures("warm")
def test_second_client_costs_one_transaction(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.sign_in(rp, person)

    asked, transactions = cost(house, lambda: browser.client.get("/authorize", query_string=rp.request()))

    assert asked == [
        "select sessions",
        "select accounts",
        "select authenticators",
        "select consents",
        "select accounts",
        *WRITE_AUDIT,
    ]
    assert transactions == 1


@pytest.mark.usefixtures("warm")
def test_wrong_password_costs_the_same_for_a_known_and_an_unknown_number(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.open("/authorize", rp.request())

    known = cost(house, lambda: browser.submit({"username": person.username, "password": "sai-mat-khau"}))
    unknown = cost(house, lambda: browser.submit({"username": "001199912345", "password": "sai-mat-khau"}))

    assert known == unknown == (["select accounts", "select authenticators", *WRITE_AUDIT], 1)


@pytest.mark.parametrize("path", ["/jwks", "/.well-known/openid-configuration", "/static/site.css"])
def test_what_is_public_asks_nothing(house: House, path: str) -> None:
    assert cost(house, lambda: house.app.test_client().get(path)) == ([], 0)


def act_out_everything(house: House) -> None:
    """Everything that happens all day, once."""
    rp, person, browser = house.client(), house.person(), house.browser()
    tokens = rp.redeem(browser.sign_in(rp, person, scope="openid profile offline_access")["code"]).json
    rp.userinfo(tokens["access_token"])
    renewed = rp.refresh(tokens["refresh_token"]).json
    rp.refresh(tokens["refresh_token"])
    rp.refresh(renewed["refresh_token"])
    house.clock.advance_step()
    browser.sign_in(rp, person, prompt="login consent")
    code = browser.sign_in(rp, person)["code"]
    rp.redeem(code)
    rp.redeem(code)
    for page in (
        "",
        "/sessions",
        "/consents",
        "/history",
        "/history?part=looks",
        "/security",
        "/totp",
        "/password",
    ):
        browser.open(f"/account{page}")
    provider = house.provider
    provider.consents.withdraw(person.account_id, "rp")
    provider.sessions.end_all(person.account_id)
    provider.locking.lock(person.account_id, LockGround.HOLDER_ASKED, "cli")
    provider.lifecycle.unlock(person.account_id, "cli")
    provider.enrolment.send_code("001199990002", "203.0.113.7")
    house.provider.reads.write()


def scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node["Node Type"] in SEARCHES:
        yield node
    for child in node.get("Plans", ()):
        yield from scans(child)


def plan(connection: psycopg.Connection[Any], sql: str) -> dict[str, Any]:
    """How the server would run a statement, whatever its values."""
    names: dict[str, str] = {}
    numbered = re.sub(r"%\((\w+)\)[sb]", lambda found: names.setdefault(found[1], f"${len(names) + 1}"), sql)
    values = f"({', '.join(['NULL'] * len(names))})" if names else ""
    connection.execute(f"PREPARE looked_at AS {numbered}".encode())
    try:
        row = connection.execute(f"EXPLAIN (FORMAT JSON) EXECUTE looked_at{values}".encode()).fetchone()
    finally:
        connection.execute(b"DEALLOCATE looked_at")
    assert row is not None
    found: Any = row[0] if isinstance(row[0], list) else json.loads(row[0])
    return dict(found[0]["Plan"])


def fill(connection: psycopg.Connection[Any]) -> None:
    """Make every table large enough that to read it whole is the worst plan, if there is any other."""
    connection.execute("SET session_replication_role = replica")  # rows that refer to nothing
    columns = connection.execute(
        "SELECT table_name, column_name, data_type, coalesce(character_maximum_length, 32), is_nullable "
        "FROM information_schema.columns WHERE table_schema = 'public'"
    ).fetchall()
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind, length, may_be_null in columns:
        value = ANY_VALUE[kind].format(length=length)
        if may_be_null == "YES":
            value = f"CASE WHEN n % 2 = 0 THEN {value} END"
        tables.setdefault(table, {})[f'"{column}"'] = value
    for table, values in tables.items():
        connection.execute(
            f"INSERT INTO {table} ({', '.join(values)}) SELECT {', '.join(values.values())} "
            f"FROM generate_series(1, {ROWS}) n ON CONFLICT DO NOTHING".encode()
        )
    connection.execute("ANALYZE")
    connection.execute("SET plan_cache_mode = force_generic_plan")


def test_no_statement_reads_a_table_from_end_to_end(
    make_house: Callable[..., House], postgres: Postgres
) -> None:
    name = postgres.create()
    house = make_house(database_url=f"{postgres.url(name)}&application_name=demo")
    with heard(house) as statements:
        act_out_everything(house)
    stored = [ephemeral_sql.PUT, ephemeral_sql.GET, ephemeral_sql.TAKE]
    stored += [ephemeral_sql.REPLACE, ephemeral_sql.INCREMENT]
    for each in stored:
        number = iter(range(99))
        statements.append(re.sub(r"\?", lambda _, number=number: f"%(v{next(number)})s", each))
    looked_at = {each for each in statements if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE)", each)}

    with psycopg.connect(
        f"host={postgres.folder} user=postgres dbname={name}", autocommit=True
    ) as connection:
        fill(connection)
        found = {each: list(scans(plan(connection, each))) for each in looked_at}

    assert len(looked_at) > 25
    read_whole = {
        each: [node["Node Type"] for node in nodes if "Index Cond" not in node]
        for each, nodes in found.items()
        if not all("Index Cond" in node for node in nodes)
    }
    assert read_whole == {}
    tables = {node["Relation Name"] for nodes in found.values() for node in nodes if "Relation Name" in node}
    kept = ("accounts", "authenticators", "sessions", "grants", "consents", "audit_events", "ephemeral")
    assert tables.issuperset(kept)
