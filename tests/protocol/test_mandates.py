"""Acting for others: whose subject a token has, who acts, by what right, and that it dies with that right."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from idp.accounts.account import LockGround
from idp.accounts.mandate import Mandate, Role
from idp.assurance import Level
from idp.oidc.sessions.logout_token import EVENT
from tests.house import House, Person, RelyingParty
from tests.mandated import an_organisation_of, code_under, given_on, represents, tokens_under
from tests.protocol.acts import begin_session, proofs, refused, tokens_for
from tests.protocol.test_backchannel_logout import listener, settled, token_of
from tests.protocol.test_rfc8693_token_exchange import DESK, LEDGER, back_end, exchange, got, told
from tests.receivers import Receiver, receiving

ALL = "openid profile offline_access"


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    """One that may ask this machine."""
    return make_house(outbound_allowed="127.0.0.0/8")


@pytest.fixture
def company(house: House) -> UUID:
    return an_organisation_of(house)


@pytest.fixture
def chief(house: House, person: Person, company: UUID) -> Mandate:
    """The person represents the company."""
    return represents(house, person, company)


@pytest.fixture
def clerk(house: House) -> Person:
    return house.person()


@pytest.fixture
def clerkship(house: House, chief: Mandate, clerk: Person) -> Mandate:
    return given_on(
        house,
        chief,
        clerk,
        Role.CLERK,
        services=frozenset({"rp", "another"}),
        limit_vnd=5_000_000,
        ends_at=house.clock() + timedelta(days=30),
    )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with ExitStack() as stack:
        yield stack.enter_context(receiving(Receiver()))


def subject(rp: RelyingParty, account_id: UUID) -> str:
    provider = rp.house.provider
    client = provider.clients.find(rp.client_id)
    assert client is not None
    return provider.subjects.subject(client, account_id)


def told_of_clerk(rp: RelyingParty, clerk: Person, clerkship: Mandate) -> dict[str, Any]:
    """``act`` and ``mandate`` as every answer gives them."""
    assert clerkship.ends_at is not None
    return {
        "act": {"sub": subject(rp, clerk.account_id)},
        "mandate": {
            "role": "clerk",
            "services": ["rp"],
            "limit_vnd": 5_000_000,
            "expires_at": int(clerkship.ends_at.timestamp()),
        },
    }


@pytest.mark.spec("RFC 8693 §4.1")
@pytest.mark.parametrize("form", ["opaque", "jwt"])
def test_every_answer_is_about_the_principal_and_says_who_acts_and_by_what_right(
    house: House, company: UUID, clerk: Person, clerkship: Mandate, form: str
) -> None:
    rp = house.client(access_token_format=form)

    tokens = tokens_under(rp, clerk, clerkship, scope=ALL)

    expected = told_of_clerk(rp, clerk, clerkship) | {"sub": subject(rp, company)}
    _, id_token = house.id_token(tokens["id_token"])
    userinfo = rp.userinfo(tokens["access_token"]).get_json()
    answers = [id_token, userinfo, told(rp, tokens["access_token"]), told(rp, tokens["refresh_token"])]
    if form == "jwt":
        answers.append(house.id_token(tokens["access_token"])[1])
    for answer in answers:
        assert {name: answer[name] for name in expected} == expected
    assert userinfo["name"] == "Công ty Lúa Vàng"
    assert "account_level" not in id_token
    assert id_token["acr"] == "urn:dinhdanh:aal:2"


def test_without_a_mandate_nothing_is_said_of_one(house: House, rp: RelyingParty, person: Person) -> None:
    tokens = tokens_for(rp, person, scope=ALL)

    for answer in (
        house.id_token(tokens["id_token"])[1],
        rp.userinfo(tokens["access_token"]).get_json(),
        told(rp, tokens["access_token"]),
    ):
        assert {"act", "mandate"}.isdisjoint(answer)


def test_a_mandate_without_bounds_names_none(
    house: House, rp: RelyingParty, person: Person, chief: Mandate
) -> None:
    tokens = tokens_under(rp, person, chief)

    assert house.id_token(tokens["id_token"])[1]["mandate"] == {"role": "representative"}


@pytest.mark.spec("OIDC Core 1.0 §8.1")
def test_neither_principal_nor_agent_can_be_compared_between_sectors(
    house: House, person: Person, chief: Mandate
) -> None:
    one, other = (
        house.id_token(tokens_under(house.client(name), person, chief)["id_token"])[1]
        for name in ("one", "other")
    )

    assert one["sub"] != other["sub"]
    assert one["act"]["sub"] != other["act"]["sub"]
    assert len({one["sub"], one["act"]["sub"]}) == 2


def test_an_agent_is_the_same_person_for_themself_and_for_others(
    house: House, rp: RelyingParty, person: Person, chief: Mandate
) -> None:
    own = house.id_token(tokens_for(rp, person)["id_token"])[1]
    acting = house.id_token(tokens_under(rp, person, chief)["id_token"])[1]

    assert acting["act"]["sub"] == own["sub"]


@pytest.mark.spec("RFC 8693 §4.1")
@pytest.mark.parametrize("first_form", ["opaque", "jwt"])
@pytest.mark.parametrize("second_form", ["opaque", "jwt"])
def test_a_back_end_that_exchanges_the_token_stands_around_the_agent(
    house: House, person: Person, chief: Mandate, first_form: str, second_form: str
) -> None:
    portal = house.client("portal", resources=(DESK, LEDGER), access_token_format=first_form)
    desk = back_end(house, "desk", DESK, LEDGER, access_token_format=second_form)
    ledger = back_end(house, "ledger", LEDGER)

    sent = tokens_under(portal, person, chief, scope=ALL, resource=DESK)["access_token"]
    passed_on = got(exchange(desk, sent))["access_token"]

    seen = told(ledger, passed_on)
    assert seen["act"] == {"sub": "desk", "act": {"sub": subject(ledger, person.account_id)}}
    assert seen["mandate"] == {"role": "representative"}
    assert seen["sub"] == subject(ledger, chief.principal_id)
    if second_form == "jwt":
        claims = house.id_token(passed_on)[1]
        assert claims["act"] == {"sub": "desk", "act": {"sub": subject(desk, person.account_id)}}


def test_userinfo_takes_a_jwt_that_only_its_agent_acts_with(
    house: House, person: Person, chief: Mandate
) -> None:
    rp = house.client(access_token_format="jwt")

    assert rp.userinfo(tokens_under(rp, person, chief)["access_token"]).status_code == 200


def revoke(house: House, mandate: Mandate) -> None:
    house.provider.mandates.revoke(mandate.id, mandate.granted_by)


ENDS: dict[str, Callable[[House, Mandate, Mandate], object]] = {
    "revoked": lambda house, _, mandate: revoke(house, mandate),
    "given back": lambda house, _, mandate: house.provider.mandates.revoke(mandate.id, mandate.agent_id),
    "its ground revoked": lambda house, chief, _: house.provider.mandates.revoke(chief.id, None),
    "its day past": lambda house, *_: house.clock.advance(timedelta(days=30)),
    "agent locked": lambda house, _, mandate: house.provider.locking.lock(
        mandate.agent_id, LockGround.HOLDER_ASKED, "holder"
    ),
    "giver locked": lambda house, chief, _: house.provider.locking.lock(
        chief.agent_id, LockGround.HOLDER_ASKED, "holder"
    ),
    "principal locked": lambda house, _, mandate: house.provider.locking.lock(
        mandate.principal_id, LockGround.DISSOLVED, "cli"
    ),
    "principal locked by its row alone": lambda house, _, mandate: house.provider.accounts.lock(
        mandate.principal_id, LockGround.DISSOLVED
    ),
    "agent locked by its row alone": lambda house, _, mandate: house.provider.accounts.lock(
        mandate.agent_id, LockGround.HOLDER_ASKED
    ),
    "agent below level 02": lambda house, _, mandate: house.provider.accounts.set_level(
        mandate.agent_id, Level.ONE
    ),
}


@pytest.mark.spec("RFC 7662 §2.2")
@pytest.mark.parametrize("form", ["opaque", "jwt"])
@pytest.mark.parametrize("end", ENDS)
def test_tokens_are_dead_at_once_when_their_mandate_does_not_hold(
    house: House, chief: Mandate, clerk: Person, clerkship: Mandate, end: str, form: str
) -> None:
    rp = house.client(access_token_format=form)
    tokens = tokens_under(rp, clerk, clerkship, scope=ALL)
    assert told(rp, tokens["access_token"])["active"]

    ENDS[end](house, chief, clerkship)

    assert told(rp, tokens["access_token"]) == {"active": False}
    assert told(rp, tokens["refresh_token"]) == {"active": False}
    assert rp.userinfo(tokens["access_token"]).status_code == 401
    refused(rp.refresh(tokens["refresh_token"]), "invalid_grant")


@pytest.mark.parametrize("end", ENDS)
def test_a_code_is_worth_nothing_when_its_mandate_does_not_hold(
    house: House, rp: RelyingParty, chief: Mandate, clerk: Person, clerkship: Mandate, end: str
) -> None:
    code = code_under(rp, clerk, clerkship)

    ENDS[end](house, chief, clerkship)

    refused(rp.redeem(code), "invalid_grant")


def test_a_dead_mandate_is_not_passed_on(house: House, person: Person, chief: Mandate) -> None:
    portal = house.client("portal", resources=(DESK, LEDGER))
    desk = back_end(house, "desk", DESK, LEDGER)
    sent = tokens_under(portal, person, chief, scope=ALL, resource=DESK)["access_token"]
    house.provider.accounts.set_level(person.account_id, Level.ONE)

    refused(exchange(desk, sent), "invalid_request")


def test_what_the_agent_does_for_themself_outlives_the_mandate(
    house: House, rp: RelyingParty, chief: Mandate, clerk: Person, clerkship: Mandate
) -> None:
    own = tokens_for(rp, clerk, scope=ALL)
    others = tokens_under(
        rp, house.person(), represents(house, house.person(), chief.principal_id), scope=ALL
    )

    revoke(house, clerkship)

    assert told(rp, own["access_token"])["active"]
    assert told(rp, others["access_token"])["active"]


@pytest.mark.spec("Back-Channel Logout 1.0 §2.4")
def test_clients_hear_at_once_that_somebody_acts_for_the_principal_no_more(
    house: House, company: UUID, clerk: Person, clerkship: Mandate, receiver: Receiver
) -> None:
    rp = listener(house, "rp", receiver.url)
    known = house.id_token(tokens_under(rp, clerk, clerkship)["id_token"])[1]
    revoked_at = time.monotonic()

    revoke(house, clerkship)
    settled(house)

    (received,) = receiver.received
    assert received.at - revoked_at < 5.0
    _, claims = token_of(house, received)
    assert claims["events"] == {EVENT: {}}
    assert (claims["sub"], claims["sid"]) == (subject(rp, company), known["sid"])


def test_nobody_is_told_of_a_mandate_that_was_never_used(
    house: House, clerk: Person, clerkship: Mandate, receiver: Receiver
) -> None:
    rp = listener(house, "rp", receiver.url)
    tokens_for(rp, clerk)

    revoke(house, clerkship)

    assert house.provider.session_room.deliveries.recent(10) == []


def test_word_is_owed_in_the_transaction_that_ends_the_mandate(
    house: House, clerk: Person, clerkship: Mandate, receiver: Receiver
) -> None:
    rp = listener(house, "rp", receiver.url)
    tokens = tokens_under(rp, clerk, clerkship)

    with pytest.raises(RuntimeError), house.provider.database.transaction():  # noqa: PT012
        revoke(house, clerkship)
        raise RuntimeError

    assert house.provider.session_room.deliveries.recent(10) == []
    assert told(rp, tokens["access_token"])["active"]


@pytest.mark.spec("Back-Channel Logout 1.0 §2.4")
def test_signing_out_tells_a_client_of_each_whom_the_person_was_there(
    house: House, rp: RelyingParty, company: UUID, person: Person, chief: Mandate, receiver: Receiver
) -> None:
    site = listener(house, "site", receiver.url)
    session, _ = begin_session(house, person)
    for mandate, account in ((None, person.account_id), (chief, person.account_id)):
        request = house.provider.requests.read(site.request())
        answer = house.provider.completion.allow(
            request,
            account_id=account,
            session_id=session.id,
            proofs=proofs(house),
            claims=frozenset(),
            mandate=mandate,
        )
        assert site.redeem(dict(answer.parameters)["code"]).status_code == 200

    house.provider.sessions.end(session.id)
    settled(house, count=2)

    told_subs = {token_of(house, received)[1]["sub"] for received in receiver.received}
    assert told_subs == {subject(site, person.account_id), subject(site, company)}


def test_the_end_is_written_down_for_principal_and_agent(
    house: House, rp: RelyingParty, company: UUID, clerk: Person, clerkship: Mandate
) -> None:
    tokens_under(rp, clerk, clerkship)

    revoke(house, clerkship)

    of_company = [str(entry.event) for entry in house.provider.audit.for_account(company, 10)]
    of_clerk = [str(entry.event) for entry in house.provider.audit.for_account(clerk.account_id, 10)]
    assert of_company[:2] == ["grant.revoked", "mandate.ended"]
    assert of_clerk[:1] == ["mandate.ended"]
