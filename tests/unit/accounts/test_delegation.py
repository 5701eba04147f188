"""What may be handed on under a mandate: never more than is held, and never in a circle."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts.delegation import (
    GIVES,
    MandateCircular,
    MandateMisshaped,
    MandateOver,
    MandateRefused,
    MandateWider,
    RoleNotGiven,
    Wish,
    check,
    may_end,
)
from idp.accounts.mandate import Mandate, Role

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
PEOPLE = [UUID(int=number) for number in range(1, 8)]
COMPANY, CHIEF, DEPUTY, BOOKKEEPER, STRANGER = PEOPLE[:5]

days = st.integers(-30, 30).map(lambda count: NOW + timedelta(days=count))
services = st.frozensets(st.sampled_from(["tax", "customs", "land"]))
limits = st.none() | st.integers(1, 10**9)


def a_mandate(**given_):
    usual = {
        "id": UUID(int=99),
        "principal_id": COMPANY,
        "agent_id": CHIEF,
        "role": Role.REPRESENTATIVE,
        "depth": 2,
        "starts_at": NOW - timedelta(days=1),
        "created_at": NOW - timedelta(days=1),
    }
    return Mandate(**{**usual, **given_})


@st.composite
def any_mandate(draw):
    return a_mandate(
        agent_id=draw(st.sampled_from(PEOPLE[1:])),
        role=draw(st.sampled_from(Role)),
        services=draw(services),
        limit_vnd=draw(limits),
        depth=draw(st.integers(0, 3)),
        starts_at=draw(days),
        ends_at=draw(st.none() | days),
        revoked_at=draw(st.none() | st.just(NOW)),
    )


@st.composite
def any_wish(draw):
    return Wish(
        agent_id=draw(st.sampled_from(PEOPLE)),
        role=draw(st.sampled_from(Role)),
        services=draw(services),
        limit_vnd=draw(st.none() | st.integers(-5, 10**9)),
        starts_at=draw(st.none() | days),
        ends_at=draw(st.none() | days),
        depth=draw(st.integers(-1, 4)),
    )


def allowed_at(mandate, moment, client, amount):
    """What a mandate comes to: may its holder do this there, now, for so much?"""
    return (
        mandate.is_live(moment)
        and mandate.covers(client)
        and (mandate.limit_vnd is None or amount <= mandate.limit_vnd)
    )


def made(giver, wish):
    return a_mandate(
        agent_id=wish.agent_id,
        role=wish.role,
        services=wish.services,
        limit_vnd=wish.limit_vnd,
        depth=wish.depth,
        starts_at=wish.starts_at or NOW,
        ends_at=wish.ends_at,
        parent_id=giver.id,
    )


@given(
    giver=any_mandate(),
    above=st.lists(any_mandate(), max_size=3),
    wish=any_wish(),
    moment=days,
    client=st.sampled_from(["tax", "customs", "land", "other"]),
    amount=st.integers(0, 2 * 10**9),
)
def test_nothing_can_be_done_under_a_delegated_mandate_that_its_giver_could_not_do(
    giver, above, wish, moment, client, amount
):
    try:
        check(giver, above, wish, NOW)
    except MandateRefused:
        return
    child = made(giver, wish)

    assert not allowed_at(child, moment, client, amount) or allowed_at(giver, moment, client, amount)
    assert child.depth < giver.depth
    assert child.role in GIVES[giver.role]
    assert child.agent_id not in {COMPANY, giver.agent_id, *(higher.agent_id for higher in above)}


@given(wishes=st.lists(any_wish(), max_size=6))
def test_no_chain_of_delegations_comes_back_to_anybody_in_it(wishes):
    chain = [a_mandate(depth=6, starts_at=NOW - timedelta(days=60))]
    for wish in wishes:
        role = next(iter(GIVES[chain[0].role]), Role.CLERK)
        hopeful = replace(wish, role=role, starts_at=None, services=frozenset(), limit_vnd=None)
        try:
            check(chain[0], chain[1:], hopeful, NOW)
        except MandateRefused:
            continue
        chain.insert(0, made(chain[0], hopeful))

    agents = [mandate.agent_id for mandate in chain]
    assert len(set(agents)) == len(agents)
    assert COMPANY not in agents


def wish(**given_):
    usual = {"agent_id": BOOKKEEPER, "role": Role.ACCOUNTANT}
    return Wish(**{**usual, **given_})


def test_what_fits_within_the_givers_own_may_be_given():
    giver = a_mandate(services=frozenset({"tax", "customs"}), limit_vnd=100, ends_at=NOW + timedelta(days=30))

    check(
        giver,
        [],
        wish(services=frozenset({"tax"}), limit_vnd=100, ends_at=NOW + timedelta(days=30), depth=1),
        NOW,
    )


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"services": frozenset({"tax", "land"})}, "services"),
        ({"services": frozenset()}, "services"),
        ({"limit_vnd": 101}, "limit"),
        ({"limit_vnd": None}, "limit"),
        ({"starts_at": NOW - timedelta(days=2)}, "start"),
        ({"ends_at": NOW + timedelta(days=30, seconds=1)}, "end"),
        ({"ends_at": None}, "end"),
        ({"depth": 2}, "depth"),
    ],
)
def test_what_is_wider_is_refused_by_name(more, reason):
    giver = a_mandate(services=frozenset({"tax"}), limit_vnd=100, ends_at=NOW + timedelta(days=30))
    fitting = {"services": frozenset({"tax"}), "limit_vnd": 100, "ends_at": NOW + timedelta(days=30)}

    with pytest.raises(MandateWider) as refused:
        check(giver, [], wish(**{**fitting, **more}), NOW)

    assert refused.value.reason == reason
    assert refused.value.article.startswith("91/2015 Art. 564.")


def test_a_mandate_without_further_steps_cannot_be_handed_on():
    with pytest.raises(MandateWider) as refused:
        check(a_mandate(depth=0), [], wish(), NOW)

    assert refused.value.facts() == {"reason": "depth", "article": "91/2015 Art. 564.1"}


@pytest.mark.parametrize("agent", [COMPANY, CHIEF, DEPUTY])
def test_a_mandate_never_goes_to_the_principal_the_giver_or_anybody_above(agent):
    manager = a_mandate(agent_id=DEPUTY, role=Role.MANAGER, depth=1)

    with pytest.raises(MandateCircular):
        check(manager, [a_mandate()], wish(agent_id=agent), NOW)


@pytest.mark.parametrize("giver", Role)
@pytest.mark.parametrize("given_role", Role)
def test_a_role_is_given_only_by_those_in_the_table(giver, given_role):
    hoped = wish(role=given_role, ends_at=NOW + timedelta(days=1))
    if given_role in GIVES[giver]:
        check(a_mandate(role=giver), [], hoped, NOW)
        return

    with pytest.raises(RoleNotGiven) as refused:
        check(a_mandate(role=giver), [], hoped, NOW)
    assert refused.value.reason == given_role.value


@pytest.mark.parametrize(
    "over",
    [
        {"revoked_at": NOW},
        {"ends_at": NOW},
        {"starts_at": NOW + timedelta(seconds=1)},
    ],
)
def test_nothing_is_given_under_a_mandate_that_does_not_hold_now(over):
    with pytest.raises(MandateOver):
        check(a_mandate(**over), [], wish(), NOW)


@pytest.mark.parametrize(
    ("misshaped", "reason"),
    [
        ({"role": Role.AUTHORISED_PERSON}, "ends_at"),
        ({"ends_at": NOW}, "ends_at"),
        ({"starts_at": NOW + timedelta(days=2), "ends_at": NOW + timedelta(days=2)}, "ends_at"),
        ({"limit_vnd": 0}, "limit"),
        ({"limit_vnd": -1}, "limit"),
        ({"limit_vnd": 10**15}, "limit"),
        ({"services": frozenset(map(str, range(51)))}, "services"),
        ({"depth": -1}, "depth"),
        ({"depth": 9}, "depth"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_by_name(misshaped, reason):
    with pytest.raises(MandateMisshaped) as refused:
        check(a_mandate(depth=20), [], wish(**misshaped), NOW)

    assert refused.value.reason == reason


def test_a_mandate_is_ended_by_its_giver_those_above_its_holder_and_representatives():
    top, middle = a_mandate(), a_mandate(agent_id=DEPUTY, role=Role.MANAGER, granted_by=CHIEF)
    low = a_mandate(agent_id=BOOKKEEPER, role=Role.CLERK, granted_by=DEPUTY)
    colleague = a_mandate(agent_id=STRANGER)
    elsewhere = a_mandate(agent_id=STRANGER, principal_id=PEOPLE[6])

    assert all(may_end(by, low, [middle, top], []) for by in (CHIEF, DEPUTY, BOOKKEEPER))
    assert may_end(STRANGER, low, [middle, top], [colleague])
    assert not may_end(STRANGER, low, [middle, top], [elsewhere])
    assert not may_end(STRANGER, low, [middle, top], [replace(colleague, role=Role.MANAGER)])


@pytest.mark.parametrize("by", [CHIEF, DEPUTY])
def test_what_the_law_gave_is_ended_by_nobody_themself(by):
    assert not may_end(by, a_mandate(), [], [a_mandate(agent_id=DEPUTY)])
