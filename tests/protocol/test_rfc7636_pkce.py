"""RFC 7636: proof key for code exchange, by S256, for every client (RFC 9700 §2.1.1)."""

import base64
import hashlib

import pytest

from idp.oidc.clients.metadata import ClientMetadata
from tests.house import Browser, House, Person, RelyingParty
from tests.protocol.acts import code_for, refused, sent_back

# RFC 7636 Appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

METHODS = ("client_secret_basic", "client_secret_post", "none")


@pytest.fixture(params=METHODS)
def party(house: House, request: pytest.FixtureRequest) -> RelyingParty:
    """A client of each kind: confidential ones are held to PKCE as public ones are."""
    return house.client("party", token_endpoint_auth_method=request.param)


@pytest.mark.spec("RFC 7636 Appendix B", "RFC 7636 §7.2")
def test_the_specifications_own_example_works(rp: RelyingParty, person: Person) -> None:
    code = code_for(rp, person, code_challenge=CHALLENGE)

    assert rp.redeem(code, code_verifier=VERIFIER).status_code == 200


@pytest.mark.spec("RFC 7636 §4.4.1")
@pytest.mark.parametrize(
    ("challenge", "method"), [(None, None), (None, "S256"), ("", "S256"), ("", ""), (None, "plain")]
)
def test_request_without_a_challenge_is_refused(
    party: RelyingParty, browser: Browser, challenge: str | None, method: str | None
) -> None:
    browser.open("/authorize", party.request(code_challenge=challenge, code_challenge_method=method))

    assert "code_challenge" in sent_back(browser, party, "invalid_request")


@pytest.mark.spec("RFC 7636 §4.3", "RFC 7636 §4.4.1", "FAPI 2.0 Security Profile §5.3.2.2")
@pytest.mark.spec("RFC 9700 §2.1.1")
@pytest.mark.parametrize("method", [None, "", "plain", "s256", "S512", "S256 plain"])
def test_every_method_but_s256_is_refused(party: RelyingParty, browser: Browser, method: str | None) -> None:
    browser.open("/authorize", party.request(code_challenge=VERIFIER, code_challenge_method=method))

    assert "code_challenge_method" in sent_back(browser, party, "invalid_request")


@pytest.mark.spec("RFC 7636 §4.2")
@pytest.mark.parametrize(
    "challenge",
    [CHALLENGE[:-1], CHALLENGE + "A", CHALLENGE + "=", CHALLENGE[:-1] + "+", CHALLENGE[:-1] + "ă", "x" * 128],
)
def test_challenge_that_is_no_sha256_is_refused(rp: RelyingParty, browser: Browser, challenge: str) -> None:
    browser.open("/authorize", rp.request(code_challenge=challenge))

    assert "code_challenge" in sent_back(browser, rp, "invalid_request")


@pytest.mark.spec("RFC 7636 §4.5", "RFC 7636 §4.6")
@pytest.mark.parametrize("verifier", [None, ""])
def test_code_without_its_verifier_is_refused(
    party: RelyingParty, person: Person, verifier: str | None
) -> None:
    response = party.redeem(code_for(party, person), code_verifier=verifier)

    assert "code_verifier" in refused(response, "invalid_grant")


@pytest.mark.spec("RFC 7636 §4.6")
def test_wrong_verifier_is_refused(party: RelyingParty, person: Person) -> None:
    response = party.redeem(code_for(party, person), code_verifier="w" * 43)

    assert "code_verifier" in refused(response, "invalid_grant")


@pytest.mark.spec("RFC 7636 §4.6")
def test_the_challenge_itself_is_no_verifier(rp: RelyingParty, person: Person) -> None:
    code = code_for(rp, person, code_challenge=CHALLENGE)

    refused(rp.redeem(code, code_verifier=CHALLENGE), "invalid_grant")


@pytest.mark.spec("RFC 7636 §4.1")
@pytest.mark.parametrize(
    "verifier", ["short", "v" * 42, "v" * 129, "v" * 43 + "\n", "v" * 42 + "ă", "v" * 42 + "+"]
)
def test_verifier_outside_its_alphabet_is_refused_though_its_hash_fits(
    rp: RelyingParty, person: Person, verifier: str
) -> None:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    code = code_for(rp, person, code_challenge=challenge)

    response = rp.redeem(code, code_verifier=verifier)

    assert response.status_code == 400
    assert "code_verifier" in response.get_json()["error_description"]


@pytest.mark.spec("RFC 7636 §4.1")
@pytest.mark.parametrize("verifier", ["v" * 43, "v" * 128, "-._~" * 11])
def test_every_verifier_inside_it_works(rp: RelyingParty, person: Person, verifier: str) -> None:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()

    assert (
        rp.redeem(code_for(rp, person, code_challenge=challenge), code_verifier=verifier).status_code == 200
    )


@pytest.mark.spec("RFC 9700 §4.8.2")
def test_guessing_the_verifier_spends_the_code(rp: RelyingParty, person: Person) -> None:
    code = code_for(rp, person)
    rp.redeem(code, code_verifier="w" * 43)

    refused(rp.redeem(code), "invalid_grant")


@pytest.mark.spec("RFC 9700 §2.1.1", "RFC 7636 §4.4")
def test_codes_are_not_swapped_between_two_sign_ins_of_one_client(
    house: House, rp: RelyingParty, person: Person
) -> None:
    attackers = RelyingParty(house, rp.client_id, rp.secret, rp.method, rp.redirect_uri)
    stolen = code_for(attackers, person)

    refused(rp.redeem(stolen), "invalid_grant")


@pytest.fixture
def excused(house: House) -> RelyingParty:
    """A confidential client that an operator excused."""
    return house.client("excused", require_pkce=False)


def plainly(**changed: str) -> dict[str, str | None]:
    return {"code_challenge": None, "code_challenge_method": None, **changed}


@pytest.mark.spec("RFC 9700 §2.1.1")
def test_excused_client_signs_people_in_without_pkce(excused: RelyingParty, person: Person) -> None:
    code = code_for(excused, person, **plainly())

    assert excused.redeem(code, code_verifier=None).status_code == 200


@pytest.mark.spec("RFC 9700 §4.8.2", "RFC 9700 §2.1.1")
def test_verifier_is_refused_where_the_challenge_was_taken_out(excused: RelyingParty, person: Person) -> None:
    code = code_for(excused, person, **plainly())

    assert refused(excused.redeem(code, code_verifier=VERIFIER), "invalid_grant")


@pytest.mark.spec("RFC 9700 §2.1.1")
def test_excused_client_is_held_to_the_challenge_it_sends(excused: RelyingParty, person: Person) -> None:
    code = code_for(excused, person, code_challenge=CHALLENGE)

    assert refused(excused.redeem(code, code_verifier=None), "invalid_grant")


@pytest.mark.spec("RFC 7636 §4.3")
@pytest.mark.parametrize("changed", [{"code_challenge_method": "S256"}, {"code_challenge": VERIFIER}])
def test_excused_client_sends_a_whole_challenge_or_none(
    excused: RelyingParty, browser: Browser, changed: dict[str, str]
) -> None:
    browser.open("/authorize", excused.request(**plainly(**changed)))

    assert "code_challenge" in sent_back(browser, excused, "invalid_request")


@pytest.mark.spec("RFC 9700 §2.1.1", "FAPI 2.0 Security Profile §5.3.2.2", "RFC 8252 §8.1")
@pytest.mark.parametrize(
    "members",
    [
        {"token_endpoint_auth_method": "none"},
        {"profile": "fapi2", "token_endpoint_auth_method": "private_key_jwt"},
    ],
)
def test_nobody_else_is_excused(members: dict[str, str]) -> None:
    metadata = ClientMetadata(client_name={"vi": "Trang"}, require_pkce=False, **members)

    assert metadata.needs_pkce
