"""RFC 9101 §5.2 and OIDC Core 1.0 §6.2: request objects that the client serves."""

import socket
from contextlib import closing
from typing import Any

import pytest

from idp.oidc.clients import fetching
from idp.outbound import OutboundFailed
from tests.house import Browser, House, Person, RelyingParty
from tests.protocol.acts import allow, is_page, signed_in
from tests.protocol.test_rfc9101_jar import inside, sign, signing, unsigned

URI = "https://rp.example/request.jwt"


class Web:
    """What stands at other people's addresses."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.asked: list[str] = []

    def fetch(self, url: str, accept: str = "", content_types: tuple[str, ...] = ()) -> bytes:
        self.asked.append(url)
        if url not in self.pages:
            raise OutboundFailed("status_refused")
        return self.pages[url]


@pytest.fixture
def web(house: House, monkeypatch: pytest.MonkeyPatch) -> Web:
    web = Web()
    monkeypatch.setattr(house.provider.requests._request_objects, "_fetch", web.fetch)
    return web


@pytest.fixture
def rp(house: House) -> RelyingParty:
    return signing(house, request_uris=(URI,))


def by_reference(rp: RelyingParty, uri: str = URI, **beside: str) -> dict[str, str]:
    return {"client_id": rp.client_id, "request_uri": uri, **beside}


@pytest.mark.spec("RFC 9101 §5.2", "OIDC Core 1.0 §6.2", "OIDC Core 1.0 §15.2")
@pytest.mark.parametrize("uri", [URI, URI + "#kB3pEs"])
def test_request_is_fetched_and_only_what_stands_there_counts(
    house: House, rp: RelyingParty, person: Person, web: Web, uri: str
) -> None:
    browser, web.pages[URI] = signed_in(house, person), sign(inside(rp), "RS256").encode()

    browser.open("/authorize", by_reference(rp, uri, state="outside", prompt="none"))

    answer = allow(browser)
    assert answer["state"] == "xyz"
    assert "code" in answer
    assert web.asked == [URI]


@pytest.mark.spec(
    "RFC 9101 §10.4.1", "OIDC Core 1.0 §6.2", "OIDC Registration 1.0 §2", "RFC 9101 §5.2", "RFC 9101 §10.4"
)
@pytest.mark.parametrize(
    "uri",
    [
        "https://rp.example/other.jwt",
        "https://evil.example/request.jwt",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        URI + "?a=b",
        URI + "x" * 600,
        "urn:x",
    ],
)
def test_address_that_is_not_registered_is_not_asked(
    rp: RelyingParty, browser: Browser, web: Web, uri: str
) -> None:
    browser.open("/authorize", by_reference(rp, uri))

    is_page(browser.shown)
    assert web.asked == []


@pytest.mark.spec("RFC 9101 §7")
def test_silence_there_is_told_to_a_registered_address(rp: RelyingParty, browser: Browser, web: Web) -> None:
    browser.open("/authorize", by_reference(rp))
    is_page(browser.shown)

    browser.open("/authorize", by_reference(rp, redirect_uri=rp.redirect_uri, state="xyz"))
    assert browser.answer["error"] == "invalid_request_uri"
    assert browser.answer["state"] == "xyz"


@pytest.mark.spec("RFC 9101 §6.2")
@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"a.b.c", b"x" * 20000])
def test_what_is_no_request_object_is_refused(
    rp: RelyingParty, browser: Browser, web: Web, body: bytes
) -> None:
    web.pages[URI] = body

    browser.open("/authorize", by_reference(rp, redirect_uri=rp.redirect_uri))

    assert browser.answer["error"] in ("invalid_request_object", "invalid_request_uri")


@pytest.mark.spec("OIDC Core 1.0 §6.2")
def test_unsigned_object_is_read_for_a_client_registered_so_and_no_other(
    house: House, rp: RelyingParty, person: Person, web: Web
) -> None:
    plain = signing(house, "plain", request_uris=(URI,), request_object_signing_alg="none")
    browser = signed_in(house, person)

    web.pages[URI] = unsigned(inside(plain, iss=None, aud=None)).encode()
    browser.open("/authorize", by_reference(plain))
    assert "code" in allow(browser)

    web.pages[URI] = unsigned(inside(rp)).encode()
    browser.open("/authorize", by_reference(rp, redirect_uri=rp.redirect_uri))
    assert browser.answer["error"] == "invalid_request_object"


@pytest.mark.spec("RFC 9101 §10.1")
@pytest.mark.parametrize("changes", [{"iss": "other"}, {"aud": "https://x.example"}, {"exp": 1}])
def test_unsigned_object_is_held_to_what_it_says(
    house: House, browser: Browser, web: Web, changes: dict[str, Any]
) -> None:
    plain = signing(house, "plain", request_uris=(URI,), request_object_signing_alg="none")
    web.pages[URI] = unsigned(inside(plain, **changes)).encode()

    browser.open("/authorize", by_reference(plain, redirect_uri=plain.redirect_uri))

    assert browser.answer["error"] == "invalid_request_object"


@pytest.mark.spec("RFC 9101 §10.1")
@pytest.mark.parametrize("alg", ["none", None])
def test_unsigned_object_by_value_is_refused(house: House, browser: Browser, alg: str | None) -> None:
    plain = signing(house, "plain", request_object_signing_alg=alg)
    sent = {"client_id": "plain", "request": unsigned(inside(plain)), "redirect_uri": plain.redirect_uri}

    browser.open("/authorize", sent)

    assert browser.answer["error"] == "invalid_request_object"


@pytest.mark.spec("OIDC Core 1.0 §6.1", "OIDC Registration 1.0 §2")
@pytest.mark.parametrize("alg", ["none", None])
def test_unsigned_object_by_value_is_read_for_whom_it_was_allowed(
    house: House, person: Person, alg: str | None
) -> None:
    plain = signing(house, "plain", request_object_signing_alg=alg, unsigned_requests=True)
    browser = signed_in(house, person)
    sent = {"client_id": "plain", "request": unsigned(inside(plain, iss=None, aud=None))}

    browser.open("/authorize", sent)

    assert "code" in allow(browser)


@pytest.mark.spec("RFC 9101 §10.5", "OIDC Registration 1.0 §2")
@pytest.mark.parametrize(
    "duty", [{"request_object_signing_alg": "ES256"}, {"require_signed_request_object": True}]
)
def test_who_is_registered_to_sign_signs_whatever_else_is_allowed(
    house: House, browser: Browser, duty: dict[str, Any]
) -> None:
    plain = signing(house, "plain", unsigned_requests=True, **duty)
    sent = {"client_id": "plain", "request": unsigned(inside(plain)), "redirect_uri": plain.redirect_uri}

    browser.open("/authorize", sent)

    assert browser.answer["error"] in ("invalid_request_object", "invalid_request")
    assert "code" not in browser.answer


@pytest.mark.spec("RFC 9101 §10.5")
def test_unsigned_object_is_not_enough_where_signing_is_required(
    house: House, browser: Browser, web: Web
) -> None:
    strict = signing(
        house,
        "strict",
        request_uris=(URI,),
        request_object_signing_alg="none",
        require_signed_request_object=True,
    )
    web.pages[URI] = unsigned(inside(strict)).encode()

    browser.open("/authorize", by_reference(strict))

    assert "code" not in browser.answer
    assert browser.answer["error"] == "invalid_request"


@pytest.mark.spec("FAPI 2.0 Security Profile §5.3.2.2")
def test_client_registered_to_push_may_not_refer(house: House, browser: Browser, web: Web) -> None:
    pusher = signing(house, "pusher", request_uris=(URI,), require_pushed_authorization_requests=True)
    web.pages[URI] = sign(inside(pusher)).encode()

    browser.open("/authorize", by_reference(pusher))

    assert browser.answer["error"] == "invalid_request"


def test_server_that_never_answers_is_waited_for_once(
    make_house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "SLOW_SECONDS", 0.1)
    house = make_house(outbound_allowed="127.0.0.0/8")
    house.provider.outbound._seconds = 0.2  # of three
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}/request.jwt"
        rp = signing(house, request_uris=(uri,))
        pages = [
            house.app.test_client().get("/authorize", query_string=by_reference(rp, uri)) for _ in range(2)
        ]

    texts = [is_page(page) for page in pages]
    assert "outbound_timeout" in texts[0]
    assert "outbound_resting" in texts[1]
