"""Registers that answer wrongly, slowly, or not at all; and what the reference server refuses."""

import io
import json
import threading
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from idp.cli.refusals import told as said_by_commands
from idp.kernel.errors import Unavailable
from idp.outbound import Answer, Outbound, OutboundFailed
from idp.registers.breaker import FAILURES, REST
from idp.registers.http_register import HttpRegister
from idp.registers.population import write_row
from idp.registers.reference import ReferenceServer
from idp.registers.register import POPULATION, ChangeKind, UnreadChange
from idp.registers.request_key import RequestKey
from idp.registers.sample import SAMPLES, Samples
from tests.people import NUMBER, a_record, a_seal
from tests.register_server import serving

ROW = write_row(a_record())


class Scripted:
    """Answers as it is told, and remembers what it was asked."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def post(self, url, body, headers):
        self.asked.append((url, body, headers))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def an_answer(members, status=200, content_type="application/json"):
    body = members if isinstance(members, bytes) else json.dumps(members).encode()
    return Answer(status, content_type, body)


def a_register(answer, clock, key=None):
    scripted = Scripted(answer)
    return HttpRegister(POPULATION, "https://registers.example/population/", scripted, key, clock), scripted


def test_number_is_never_in_the_address(clock):
    register, scripted = a_register(an_answer({"record": None}), clock)

    assert register.find(NUMBER) is None

    ((url, body, _),) = scripted.asked
    assert url == "https://registers.example/population/find"
    assert json.loads(body) == {"number": NUMBER}


def test_source_names_the_host_that_is_asked(clock):
    register, _ = a_register(an_answer({}), clock)

    assert register.source == "population register at registers.example"


@pytest.mark.parametrize(
    "answer",
    [
        OutboundFailed("timeout"),
        OutboundFailed("too_large"),
        an_answer({"record": ROW}, status=500),
        an_answer({"record": ROW}, status=302),
        an_answer({"record": None}, status=404),
        an_answer({"record": ROW}, content_type="text/html"),
        an_answer(b"<html>"),
        an_answer(b"[]"),
        an_answer({}),
        an_answer({"record": []}),
        an_answer({"record": False}),
        an_answer({"record": {}}),
        an_answer({"record": {**ROW, "deceased": False}}),
        an_answer({"record": {**ROW, "sex": "male"}}),
        an_answer({"record": {**ROW, "name": "Тrần Hà"}}),
        an_answer({"record": {**ROW, "number": "001199990002"}}),
        an_answer(b'{"record": null, "record": null}'),
    ],
)
def test_whatever_is_no_answer_is_never_taken_for_nobody(answer, clock):
    register, _ = a_register(answer, clock)

    with pytest.raises(Unavailable) as told:
        register.find(NUMBER)

    assert told.value.what.startswith("population register")
    assert NUMBER not in str(told.value)


def test_operators_are_told_that_a_register_did_not_take_our_key(clock):
    register, _ = a_register(an_answer({"error": "unsigned"}, status=401), clock)

    with pytest.raises(Unavailable) as told:
        register.find(NUMBER)

    assert said_by_commands(told.value) == "unavailable: population register answered 401"


@pytest.mark.parametrize(
    "changes",
    [
        None,
        {},
        [1],
        [{}],
        [{"cursor": 1, "kind": "death", "number": "1", "happened_on": "2026-11-01", "new_number": None}],
        [{"cursor": "", "kind": "death", "number": "1", "happened_on": "2026-11-01", "new_number": None}],
        [{"cursor": "1" * 129, "kind": "death"}],
    ],
)
def test_feed_that_cannot_be_read_is_no_empty_feed(changes, clock):
    register, _ = a_register(an_answer({"changes": changes}), clock)

    with pytest.raises(Unavailable):
        register.changes("")


DEATH = {"cursor": "2", "kind": "death", "number": "1", "happened_on": "2026-11-01", "new_number": None}


@pytest.mark.parametrize(
    ("members", "kind", "number"),
    [
        ({"kind": "citizenship_lost"}, "citizenship_lost", "1"),
        ({"kind": "001199990001", "number": "x y"}, "", None),
        ({"kind": None, "number": None}, "", None),
        ({"happened_on": "soon"}, "death", "1"),
        ({"number": "1" * 129}, "death", None),
        ({"new_number": 2}, "death", "1"),
    ],
)
def test_change_that_cannot_be_read_keeps_its_place_among_those_that_can(members, kind, number, clock):
    register, _ = a_register(an_answer({"changes": [{**DEATH, **members}, {**DEATH, "cursor": "3"}]}), clock)

    unread, death = register.changes("1")

    assert unread == UnreadChange(cursor="2", kind=kind, number=number)
    assert (death.cursor, death.kind) == ("3", ChangeKind.DEATH)


def test_register_that_fails_again_and_again_is_left_alone_for_a_while(clock):
    register, scripted = a_register(OutboundFailed("timeout"), clock)
    for _ in range(FAILURES + 3):
        with pytest.raises(Unavailable):
            register.find(NUMBER)
    assert len(scripted.asked) == FAILURES

    clock.advance(REST)
    scripted.answer = an_answer({"record": ROW})

    assert register.find(NUMBER).number == NUMBER


def test_what_cannot_be_a_number_is_not_asked_for(clock):
    register, scripted = a_register(OutboundFailed("timeout"), clock)

    assert [register.find(typed) for typed in ("\x00", "a", "1" * 36, "", "../x")] == [None] * 5
    assert scripted.asked == []


def test_silent_register_is_given_up_at_the_deadline(clock):
    over = threading.Event()

    def silent(environ, start_response):
        over.wait(20)
        start_response("200 OK", [])
        return []

    with serving(silent) as address:
        outbound = Outbound(allowed=["127.0.0.0/8"], deadline=timedelta(milliseconds=50))
        register = HttpRegister(POPULATION, address, outbound, None, clock)
        try:
            with pytest.raises(Unavailable):
                register.find(NUMBER)
        finally:
            over.set()


def test_private_address_is_asked_only_where_it_is_allowed(clock):
    def answering(environ, start_response):
        raise AssertionError("asked")

    with serving(answering) as address, pytest.raises(Unavailable):
        HttpRegister(POPULATION, address, Outbound(), None, clock).find(NUMBER)


@pytest.fixture
def reference(database, clock):
    """Asks the reference server: path, body, and what differs from a well-formed request."""
    samples, key = Samples(database, a_seal(), clock), RequestKey(generate_private_key(SECP256R1()))
    samples.population.import_csv(SAMPLES["population"])
    server = ReferenceServer(samples, key.public, clock)

    def ask(path, body, **given):
        said = []
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_HOST": "registers.example",
            "HTTP_AUTHORIZATION": f"Bearer {key.token(f'https://registers.example{path}', body, clock())}",
            "wsgi.url_scheme": "https",
            "wsgi.input": io.BytesIO(body),
        }
        (content,) = server({**environ, **given}, lambda status, headers: said.append(status))
        return said[0][:3], json.loads(content)

    return ask


def test_reference_server_answers_who_shows_the_key(reference):
    status, answer = reference("/population/find", b'{"number": "001083990000"}')

    assert (status, answer["record"]["name"]) == ("200", "Nguyễn Anh Toàn")


@pytest.mark.parametrize(
    ("path", "body", "given", "status"),
    [
        ("/population/find", b'{"number": "1"}', {"HTTP_AUTHORIZATION": ""}, "401"),
        ("/population/find", b'{"number": "1"}', {"HTTP_AUTHORIZATION": "Bearer x.y.z"}, "401"),
        ("/population/find", b'{"number": "1"}', {"HTTP_HOST": "other.example"}, "401"),
        ("/population/find", b'{"number": "1"}', {"REQUEST_METHOD": "GET"}, "405"),
        ("/population/other", b"{}", {}, "404"),
        ("/persons/find", b"{}", {}, "404"),
        ("/", b"{}", {}, "404"),
        ("/population/find", b"{", {}, "400"),
        ("/population/find", b"{}", {}, "400"),
        ("/population/find", b'{"number": 1}', {}, "400"),
        ("/population/find", b"{}", {"CONTENT_LENGTH": "-1"}, "400"),
        ("/population/find", b"{}", {"CONTENT_LENGTH": "100000"}, "400"),
        ("/population/changes", b'{"after": "x"}', {}, "400"),
        ("/population/changes", b'{"after": "", "limit": 0}', {}, "400"),
        ("/population/changes", b'{"after": "", "limit": "1"}', {}, "400"),
    ],
)
def test_reference_server_refuses_the_rest(reference, path, body, given, status):
    assert reference(path, body, **given)[0] == status
