from datetime import date
from functools import partial

import pytest

from idp.kernel.errors import NotFound, Unavailable
from idp.registers.following import Following
from idp.registers.refused_changes import RefusedChanges
from idp.registers.register import ChangeKind, RegisterName, UnreadChange
from idp.registers.sample import SAMPLES, Samples
from tests.people import a_seal


class Acts:
    """Does one thing with every change."""

    def __init__(self, act):
        self.act = act
        self.refused = []

    def prepare(self, change):
        return partial(self.act, change)

    def refuse(self, change, refusal):
        self.refused.append((change.cursor, refusal.code))


CITIZEN = "001083990000"
NAME = RegisterName.POPULATION


@pytest.fixture
def samples(database, clock):
    samples = Samples(database, a_seal(), clock)
    samples.population.import_csv(SAMPLES[NAME])
    return samples


@pytest.fixture
def tell(samples):
    def tell(times=1):
        for _ in range(times):
            samples.population.change(ChangeKind.RECORD_CHANGED, CITIZEN, date(2026, 11, 1))

    return tell


@pytest.fixture
def refused(database, clock):
    return RefusedChanges(database, clock)


@pytest.fixture
def following(database, refused, clock):
    return Following(database, refused, clock)


def test_every_change_is_handed_over_once_and_in_order(following, samples, tell):
    tell(250)
    told = []

    first = following.follow(NAME, samples.population, Acts(told.append))
    again = following.follow(NAME, samples.population, Acts(told.append))

    assert (first, again) == (250, 0)
    assert [change.cursor for change in told] == [str(place) for place in range(1, 251)]


def test_place_outlives_the_process(following, samples, tell, database, refused, clock):
    told = []
    tell()
    following.follow(NAME, samples.population, Acts(told.append))
    tell()

    Following(database, refused, clock).follow(NAME, samples.population, Acts(told.append))

    assert [change.cursor for change in told] == ["1", "2"]


def test_change_whose_act_failed_comes_again(following, samples, tell):
    tell(3)
    told = []

    def fail_at_the_second(change):
        told.append(change.cursor)
        if len(told) == 2:
            raise Unavailable("something")

    with pytest.raises(Unavailable):
        following.follow(NAME, samples.population, Acts(fail_at_the_second))
    following.follow(NAME, samples.population, Acts(fail_at_the_second))

    assert told == ["1", "2", "2", "3"]


def test_what_a_failed_act_wrote_is_undone(following, samples, tell):
    tell()

    def write_and_fail(change):
        samples.population.change(ChangeKind.DEATH, CITIZEN, date(2026, 11, 1))
        raise Unavailable("something")

    with pytest.raises(Unavailable):
        following.follow(NAME, samples.population, Acts(write_and_fail))

    assert not samples.population.find(CITIZEN).is_deceased


def test_of_two_followers_each_change_goes_to_one(following, samples, tell, database, refused, clock):
    tell(3)
    told, other = [], Following(database, refused, clock)

    class Interrupted:
        """Between reading the page and acting on it, somebody else follows."""

        def changes(self, after, limit=100):
            page = samples.population.changes(after)
            other.follow(NAME, samples.population, Acts(told.append))
            return page

    assert following.follow(NAME, Interrupted(), Acts(told.append)) == 0
    assert [change.cursor for change in told] == ["1", "2", "3"]


def test_silent_register_keeps_the_place(following, samples, tell):
    class Silent:
        def changes(self, after, limit=100):
            raise Unavailable("register")

    tell()
    following.follow(NAME, samples.population, Acts(lambda change: None))

    with pytest.raises(Unavailable):
        following.follow(NAME, Silent(), Acts(lambda change: None))

    assert following.cursor(NAME) == "1"


def test_what_is_refused_is_undone_remembered_and_holds_nothing_up(following, samples, tell):
    tell(3)
    told = []

    def refuse_the_second(change):
        told.append(change.cursor)
        if change.cursor == "2":
            samples.population.change(ChangeKind.DEATH, CITIZEN, date(2026, 11, 1))
            raise NotFound("something")

    acts = Acts(refuse_the_second)

    assert following.follow(NAME, samples.population, acts) == 3
    assert told == ["1", "2", "3"]
    assert acts.refused == [("2", NotFound.code)]
    assert not samples.population.find(CITIZEN).is_deceased
    assert following.cursor(NAME) == "3"


def test_feed_that_goes_round_is_left_alone(following, samples, tell):
    class Circular:
        def changes(self, after, limit=100):
            return samples.population.changes("")

    tell(2)
    told = []

    with pytest.raises(Unavailable):
        following.follow(NAME, Circular(), Acts(lambda change: told.append(change.cursor)))

    assert told == ["1", "2"]


class NewKind:
    """The sample's feed, whose second change is of a kind that is not known here, until it is."""

    def __init__(self, samples):
        self.samples = samples
        self.is_known = False

    def changes(self, after, limit=100):
        page = self.samples.population.changes(after, limit)
        return [
            UnreadChange(cursor="2", kind="citizenship_lost")
            if each.cursor == "2" and not self.is_known
            else each
            for each in page
        ]


def test_change_of_a_new_kind_is_listed_and_stops_none_after_it(following, refused, samples, tell):
    tell(3)
    told = []
    acts = Acts(lambda change: told.append(change.cursor))

    assert following.follow(NAME, NewKind(samples), acts) == 3

    assert told == ["1", "3"]
    assert acts.refused == [("2", "register_change_unread")]
    (kept,) = refused.all()
    assert (kept.register, kept.after, kept.cursor, kept.kind, kept.reason) == (
        *(NAME, "1", "2", "citizenship_lost", "register_change_unread"),
    )


def test_what_was_refused_is_told_again_once_it_can_be_read(following, refused, samples, tell):
    tell(3)
    told, feed = [], NewKind(samples)
    acts = Acts(lambda change: told.append(change.cursor))
    following.follow(NAME, feed, acts)
    assert following.retry(NAME, feed, acts) == (0, 1)

    feed.is_known = True

    assert following.retry(NAME, feed, acts) == (1, 0)
    assert told == ["1", "3", "2"]
    assert (refused.all(), following.cursor(NAME)) == ([], "3")
    assert following.retry(NAME, feed, acts) == (0, 0)


def test_what_somebody_has_seen_to_leaves_the_list_once(following, refused, samples, tell):
    tell(2)
    following.follow(NAME, NewKind(samples), Acts(lambda change: None))

    refused.settle(NAME, "2")

    assert refused.all() == []
    with pytest.raises(NotFound):
        refused.settle(NAME, "2")


def test_no_transaction_is_open_while_the_register_is_asked(following, samples, tell, database):
    tell()
    seen = []

    class Asking(Acts):
        def prepare(self, change):
            seen.append(database.in_transaction)
            return lambda: seen.append(database.in_transaction)

    following.follow(NAME, samples.population, Asking(None))

    assert seen == [False, True]
