"""Requests are read once, strictly; addresses are believed from the right mouth only."""

import gc
import weakref
from collections.abc import Callable
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from idp.web.bodies import BodiesFirst
from idp.web.http import (
    FORM,
    MAX_BODY,
    MAX_FIELDS,
    Addresses,
    Cookies,
    Malformed,
    WrongContentType,
    as_json,
    read_form,
    read_query,
    receive,
    see_other,
)


def query(text: str) -> dict[str, str]:
    receive(EnvironBuilder(f"/?{text}").get_environ())
    return read_query()


def form(body: bytes, content_type: str = FORM, *lists: str, **more: object) -> dict[str, str]:
    sent = EnvironBuilder("/", method="POST", data=body, content_type=content_type, **more)
    receive(sent.get_environ())
    return read_form(*lists)


def test_request_that_was_answered_is_gone_without_the_garbage_collector() -> None:
    gc.disable()
    try:
        answered = weakref.ref(receive(EnvironBuilder("/?code=secret").get_environ()))

        receive(EnvironBuilder("/").get_environ())

        assert answered() is None
    finally:
        gc.enable()


def as_query(text: bytes) -> dict[str, str]:
    return query(text.decode("latin-1"))


READERS: list[Callable[[bytes], dict[str, str]]] = [as_query, form]


@pytest.fixture(params=READERS, ids=["query", "body"])
def read(request: pytest.FixtureRequest) -> Callable[[bytes], dict[str, str]]:
    reader: Callable[[bytes], dict[str, str]] = request.param
    return reader


Read = Callable[[bytes], dict[str, str]]


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (b"", {}),
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"a=", {"a": ""}),
        (b"a", {"a": ""}),
        (b"a=b=c", {"a": "b=c"}),
        (b"a=x+y%20z%2B", {"a": "x y z+"}),
        (b"a=%C3%A0", {"a": "à"}),
        (b"a=1;b=2", {"a": "1;b=2"}),
        (b"&&a=1&", {"a": "1"}),
        (b"A=1&a=2", {"A": "1", "a": "2"}),
    ],
)
def test_parameters_are_read_as_they_were_sent(read: Read, sent: bytes, found: dict[str, str]) -> None:
    assert read(sent) == found


@pytest.mark.spec("RFC 6749 §3.1")
@pytest.mark.parametrize("sent", [b"a=1&a=1", b"a=1&b=2&a=", b"a&a", b"a=1&%61=2"])
def test_repeated_parameter_is_refused(read: Read, sent: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        read(sent)
    assert caught.value.status == 400
    assert "repeats the parameter a" in caught.value.description


@pytest.mark.parametrize(
    "sent", [b"a=%FF", b"a=%C3", b"%ED%A0%80=1", b"a=%C0%AF", b"a=\xc3\xa0", b"a=%00", b"%00=1", b"a=x%00y"]
)
def test_what_is_not_text_is_refused(read: Read, sent: bytes) -> None:
    with pytest.raises(Malformed):
        read(sent)


def test_too_many_parameters_are_refused(read: Read) -> None:
    fields = [b"a%d=1" % number for number in range(MAX_FIELDS + 1)]

    assert len(read(b"&".join(fields[:-1]))) == MAX_FIELDS
    with pytest.raises(Malformed):
        read(b"&".join(fields))


def test_refusal_shows_no_value_and_no_long_name(read: Read) -> None:
    name = b"n" * 500

    with pytest.raises(Malformed) as caught:
        read(name + b"=geheim&" + name + b"=geheim")

    assert "geheim" not in caught.value.description
    assert len(caught.value.description) < 120


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/json",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencodedx",
    ],
)
def test_body_that_is_no_form_is_refused(content_type: str) -> None:
    with pytest.raises(WrongContentType) as caught:
        form(b"a=1", content_type)
    assert caught.value.status == 415


@pytest.mark.parametrize("content_type", [FORM, FORM + "; charset=UTF-8", FORM.upper()])
def test_form_is_a_form_whatever_its_charset_says(content_type: str) -> None:
    assert form(b"a=%C3%A0", content_type) == {"a": "à"}


def served(body: bytes) -> dict[str, str]:
    """As what waits for bodies hands a form on."""
    read: list[dict[str, str]] = []

    def app(environ: WSGIEnvironment, _start: StartResponse) -> list[bytes]:
        receive(environ)
        read.append(read_form())
        return []

    sent = EnvironBuilder("/", method="POST", data=body, content_type=FORM).get_environ()
    BodiesFirst(app, 1, lambda: None, lambda _: "")(sent, lambda *_: print)
    return read[0]


@pytest.mark.parametrize("read_body", [form, served])
def test_body_of_64_kib_is_read_and_a_larger_one_is_not(read_body: Read) -> None:
    assert len(read_body(b"a=" + b"x" * (MAX_BODY - 2))["a"]) == MAX_BODY - 2
    for too_many in (MAX_BODY - 1, 2 * MAX_BODY):
        with pytest.raises(Malformed):
            read_body(b"a=" + b"x" * too_many)


def test_parameter_that_may_repeat_comes_joined_and_others_still_do_not() -> None:
    assert form(b"claim=a&claim=b&x=1", FORM, "claim") == {"claim": "a b", "x": "1"}
    with pytest.raises(Malformed):
        form(b"claim=a&x=1&x=1", FORM, "claim")


def test_json_answer_is_kept_by_nobody() -> None:
    answer = as_json({"a": "à"}, 400)

    assert (answer.status_code, answer.mimetype) == (400, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {"a": "à"}


@pytest.mark.parametrize(
    "where", ["/signin/x", "https://rp.example/cb?code=1&iss=http%3A%2F%2Fx", "app.x:/cb"]
)
def test_redirect_leads_exactly_there_and_is_not_posted_again(where: str) -> None:
    answer = see_other(where)

    assert (answer.status_code, answer.headers["Location"]) == (303, where)
    environ = EnvironBuilder(base_url="https://evil.example").get_environ()
    assert answer.get_wsgi_headers(environ)["Location"] == where


@pytest.mark.parametrize(
    ("is_https", "begins", "is_secure"),
    [(True, "__Host-idp_session=v", True), (False, "idp_session=v", False)],
)
def test_cookie_is_bound_to_the_host(is_https: bool, begins: str, is_secure: bool) -> None:
    answer = as_json({})

    Cookies(is_https).write(answer, "session", "v")

    written = answer.headers["Set-Cookie"]
    assert written.startswith(begins)
    assert ("Secure" in written) == is_secure
    for part in ("HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in written
    assert "Domain" not in written


PROXIES = ("10.0.0.0/8", "192.0.2.7", "fd00::/8")


@pytest.mark.spec("RFC 9700 §4.13")
@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "caller"),
    [
        ("203.0.113.9", None, (), "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", (), "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", (), "10.0.0.1"),
        ("203.0.113.9", "198.51.100.1", PROXIES, "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", PROXIES, "198.51.100.1"),
        ("192.0.2.7", "198.51.100.1", PROXIES, "198.51.100.1"),
        ("192.0.2.8", "198.51.100.1", PROXIES, "192.0.2.8"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", PROXIES, "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.9.9.9", PROXIES, "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, nonsense, 10.9.9.9", PROXIES, "10.0.0.1"),
        ("10.0.0.1", "nonsense", PROXIES, "10.0.0.1"),
        ("10.0.0.1", "", PROXIES, "10.0.0.1"),
        ("10.0.0.1", None, PROXIES, "10.0.0.1"),
        ("10.0.0.1", "10.0.0.2, 10.0.0.3", PROXIES, "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1:4711", PROXIES, "10.0.0.1"),
        ("10.0.0.1", "2001:db8::1", PROXIES, "2001:db8::1"),
        ("fd00::1", "2001:db8::1", PROXIES, "2001:db8::1"),
        (None, "198.51.100.1", PROXIES, "unknown"),
        ("", "198.51.100.1", PROXIES, "unknown"),
    ],
)
def test_forwarded_address_is_believed_from_configured_proxies_only(
    peer: str | None, forwarded: str | None, trusted: tuple[str, ...], caller: str
) -> None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    environ = EnvironBuilder(headers=headers).get_environ()
    if peer is not None:
        environ["REMOTE_ADDR"] = peer

    assert Addresses(trusted).of(Request(environ)) == caller


@pytest.mark.parametrize(
    "header", ["Forwarded", "X-Real-IP", "X-Client-IP", "CF-Connecting-IP", "X-Forwarded"]
)
def test_other_forwarding_headers_say_nothing(header: str) -> None:
    environ = EnvironBuilder(headers={header: "198.51.100.1"}).get_environ() | {"REMOTE_ADDR": "10.0.0.1"}

    assert Addresses(PROXIES).of(Request(environ)) == "10.0.0.1"
