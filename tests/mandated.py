"""Organisations and wards in a house of the tests, and who acts for them."""

from typing import Any
from uuid import UUID

from idp.accounts.account import Status
from idp.accounts.delegation import Wish
from idp.accounts.kinds import Kind
from idp.accounts.mandate import Mandate, Role
from idp.kernel.ids import new_id
from tests.house import House, Person, RelyingParty
from tests.people import an_account
from tests.protocol.acts import begin_session


def an_organisation_of(house: House, **account: Any) -> UUID:
    """An organisation's account: it has no way to sign in of its own."""
    usual = {
        "status": Status.ACTIVE,
        "activated_at": house.clock(),
        "number": f"7{new_id().int % 10**12:012}",
    }
    added = an_account(Kind.ORGANISATION, **{"id": new_id(), **usual, **account})
    house.provider.accounts.add(added)
    return added.id


def represents(house: House, person: Person, principal: UUID, **wish: Any) -> Mandate:
    """Make a person what the law makes them: a legal representative, unless told."""
    usual = {"agent_id": person.account_id, "role": Role.REPRESENTATIVE, "depth": 2}
    return house.provider.mandates.appoint(principal, Wish(**{**usual, **wish}))


def given_on(
    house: House, under: Mandate, person: Person, role: Role = Role.ACCOUNTANT, **wish: Any
) -> Mandate:
    """Let the holder of a mandate give one to a person."""
    hoped = Wish(**{"agent_id": person.account_id, "role": role, **wish})
    return house.provider.mandates.grant(under.agent_id, under.id, hoped)


def code_under(rp: RelyingParty, person: Person, mandate: Mandate, **overrides: str | None) -> str:
    """A code as the desk gives it to who acts under a mandate, without a page."""
    house = rp.house
    request = house.provider.requests.read(rp.request(**overrides))
    session, _ = begin_session(house, person)
    answer = house.provider.completion.allow(
        request,
        account_id=person.account_id,
        session_id=session.id,
        proofs=session.proofs,
        claims=frozenset(claim.name for claim in request.claims.individual()),
        mandate=mandate,
    )
    return dict(answer.parameters)["code"]


def tokens_under(
    rp: RelyingParty, person: Person, mandate: Mandate, **overrides: str | None
) -> dict[str, Any]:
    """What the token endpoint gives for a fresh code under a mandate."""
    response = rp.redeem(code_under(rp, person, mandate, **overrides))
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.get_json()
    return answer
