"""Bodies before work: what the application sees of them, and what it never sees."""

import io
import threading

import pytest

from idp.web.bodies import MANY, MOST_OF_ONE, BodiesFirst
from idp.web.http import MAX_BODY


class Drips(io.BytesIO):
    """A stream that gives a few bytes at a time."""

    def read(self, size=-1):
        return super().read(min(size, 7))


class Withheld(io.BytesIO):
    """A stream that gives nothing until it may; says that it is being read."""

    def __init__(self, is_read, may):
        super().__init__(b"x")
        self.is_read, self.may = is_read, may

    def read(self, size=-1):
        self.is_read.release()
        self.may.wait(10)
        return super().read(size)


def address(environ):
    return environ["REMOTE_ADDR"]


def call(body, *, method="POST", length=None, at_work=1, done=lambda: None):
    """What the application read, or ``None`` if it was not asked; and the status."""
    seen, statuses = [], []

    def app(environ, start_response):
        seen.append(environ["wsgi.input"].read())
        start_response("200 OK", [])
        return []

    environ = {"REQUEST_METHOD": method, "wsgi.input": Drips(body)}
    if length is not None:
        environ["CONTENT_LENGTH"] = length
    list(BodiesFirst(app, at_work, done, address)(environ, lambda status, _headers: statuses.append(status)))
    return (seen[0] if seen else None), statuses[0][:3]


@pytest.mark.parametrize("length", ["50", None, "", "nonsense"])
def test_body_is_whole_however_it_comes(length):
    assert call(b"x" * 50, length=length) == (b"x" * 50, "200")


@pytest.mark.parametrize("broken", ["app", "done"])
def test_place_is_given_back_whatever_breaks(broken):
    """Or, one mishap after another, a process would fall silent."""

    def breaks(*_asked):
        raise RuntimeError

    works = {"app": lambda *_asked: [], "done": lambda: None} | {broken: breaks}
    bodies = BodiesFirst(works["app"], 1, works["done"], address)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            bodies({"REQUEST_METHOD": "GET"}, lambda *_begun: None)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_nothing_is_done_for_half_a_request(method):
    assert call(b"decision=allow", method=method, length="15") == (None, "400")


def test_of_too_much_no_more_is_kept_than_shows_it():
    body, status = call(b"x" * (MAX_BODY + 500), length=str(MAX_BODY + 500))

    assert (len(body), status) == (MAX_BODY + 1, "200")


def test_what_the_thread_held_is_given_back_even_after_a_fault():
    given = []

    def failing(_environ, _start_response):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        BodiesFirst(failing, 1, lambda: given.append(1), address)({"REQUEST_METHOD": "GET"}, print)
    assert given == [1]


def test_no_more_are_at_work_than_said_and_waiting_for_a_body_is_no_work():
    working, most, free = [], [], threading.Event()

    def app(_environ, _start_response):
        working.append(1)
        most.append(len(working))
        free.wait(10)
        working.pop()
        return []

    served = BodiesFirst(app, 2, lambda: None, address)
    threads = [threading.Thread(target=served, args=({"REQUEST_METHOD": "GET"}, print)) for _ in range(6)]
    for thread in threads:
        thread.start()
    free.set()
    for thread in threads:
        thread.join(10)

    assert max(most) <= 2
    assert len(most) == 6


@pytest.mark.parametrize(
    ("waited_for", "address_of_the_next", "status"),
    [
        (["a"] * MANY, "a", "503"),
        (["a"] * MANY, "b", "200"),
        (["a"] * (MANY - 1), "a", "200"),
        (["a"] * (MOST_OF_ONE - 1) + ["b"] * (MANY - MOST_OF_ONE + 1), "a", "200"),
    ],
)
def test_where_many_are_waited_for_nobody_has_most_of_the_places(waited_for, address_of_the_next, status):
    is_read, may, told = threading.Semaphore(0), threading.Event(), []

    def app(_environ, start_response):
        start_response("200 OK", [])
        return []

    def ask(remote, stream):
        environ = {"REQUEST_METHOD": "POST", "REMOTE_ADDR": remote, "wsgi.input": stream}
        served(environ, lambda line, _headers: told.append(line[:3]))

    served = BodiesFirst(app, 2, lambda: None, address)
    threads = [threading.Thread(target=ask, args=(each, Withheld(is_read, may))) for each in waited_for]
    for thread in threads:
        thread.start()
        is_read.acquire(timeout=10)

    ask(address_of_the_next, io.BytesIO(b"x"))

    assert told == [status]
    may.set()
    for thread in threads:
        thread.join(10)
    assert told == [status] + ["200"] * len(waited_for)
