"""Relying parties that others wrote sign people in at a provider that is really served, over TLS.

They read discovery, and check of our answers what their authors thought that the specifications ask.
"""

import secrets

import pytest
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from cryptojwt import KeyJar
from idpyoidc.client.rp_handler import RPHandler
from joserfc.jwk import ECKey
from requests_oauth2client import ClientSecretBasic, ClientSecretPost, InvalidGrant, OAuth2Client, PublicApp
from requests_oauth2client.exceptions import ConsentRequired, InteractionRequired, LoginRequired

from tests.bench.server import free_port
from tests.demonstration import Codes, Demonstration, Surfer

AUTHENTICATIONS = {
    "none": lambda known: PublicApp(known["client_id"]),
    "client_secret_basic": lambda known: ClientSecretBasic(known["client_id"], known["client_secret"]),
    "client_secret_post": lambda known: ClientSecretPost(known["client_id"], known["client_secret"]),
}
PKCE = {
    "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
    "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
}
SERVICES = (
    "provider_info_discovery.ProviderInfoDiscovery",
    "authorization.Authorization",
    "access_token.AccessToken",
    "refresh_access_token.RefreshAccessToken",
    "userinfo.UserInfo",
    "end_session.EndSession",
)
SCOPE = "openid profile phone offline_access"
NAMES = {"toan": "Nguyễn Anh Toàn", "quynh": "Trần Minh Quỳnh", "yen": "Phạm Diệu Yến"}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("foreign") / "data"
    with Demonstration(folder, free_port(), "--no-portal", "--tls") as running:
        yield running.told


@pytest.fixture(scope="module")
def codes(told):
    return Codes(told["accounts"])


@pytest.fixture
def surfer(told, codes):
    return Surfer(told, codes)


@pytest.fixture
def relying_party(told):
    """Makes a client of requests-oauth2client for one of the sample relying parties."""

    def relying_party(name):
        known = told["clients"][name]
        session = requests.Session()
        session.trust_env = False
        session.verify = told["ca_file"]
        return OAuth2Client.from_discovery_endpoint(
            issuer=told["issuer"],
            auth=AUTHENTICATIONS[known["auth_method"]](known),
            redirect_uri=known["redirect_uri"],
            id_token_signed_response_alg="ES256",  # without registration it takes RS256 for granted
            session=session,
        )

    return relying_party


@pytest.fixture
def handler(told):
    """Makes a relying party of idpyoidc."""

    def handler(name):
        known = told["clients"][name]
        config = {
            "client_id": known["client_id"],
            "client_secret": known["client_secret"],
            "client_type": "oidc",
            "issuer": told["issuer"],
            "redirect_uris": [known["redirect_uri"]],
            "post_logout_redirect_uris": [known["post_logout_redirect_uri"]],
            "response_types_supported": ["code"],
            "scopes_supported": SCOPE.split(),
            "token_endpoint_auth_methods_supported": [known["auth_method"]],
            "client_authn_methods": [known["auth_method"], "bearer_header"],
            "add_ons": {"pkce": PKCE},
            "services": {kind: {"class": f"idpyoidc.client.oidc.{kind}"} for kind in SERVICES},
        }
        return RPHandler(
            base_url=f"https://{name}.example",
            keyjar=KeyJar(),  # or it writes keys of its own into the folder we are in
            client_configs={told["issuer"]: config},
            httpc_params={"verify": told["ca_file"], "timeout": 10},
        )

    return handler


@pytest.fixture
def authlib(told):
    """Makes a session of Authlib's own client for one of the sample relying parties, and gives discovery."""

    def authlib(name):
        known = told["clients"][name]
        session = OAuth2Session(
            known["client_id"],
            # It would take a key that comes as a JWK for an RSA key.
            ECKey.import_key(known["private_jwk"]) if known["private_jwk"] else known["client_secret"],
            scope=SCOPE,
            redirect_uri=known["redirect_uri"],
            token_endpoint_auth_method=known["auth_method"],
            revocation_endpoint_auth_method=known["auth_method"],
            code_challenge_method="S256",
        )
        session.trust_env = False
        session.verify = told["ca_file"]
        found = session.get(f"{told['issuer']}/.well-known/openid-configuration", withhold_token=True).json()
        session.metadata["token_endpoint"] = found["token_endpoint"]
        if known["private_jwk"]:
            session.register_client_auth_method(PrivateKeyJWT(found["token_endpoint"], alg="ES256"))
        return session, found

    return authlib


@pytest.mark.spec("OIDC Core 1.0 §3.1")
@pytest.mark.parametrize(
    ("name", "person"), [("confidential", "toan"), ("public", "quynh"), ("second", "yen")]
)
def test_requests_oauth2client_signs_a_person_in(told, surfer, relying_party, name, person):
    party = relying_party(name)
    request = party.authorization_request(scope=SCOPE, acr_values="urn:dinhdanh:aal:2")

    surfer.open(request.uri)
    surfer.sign_in(person)
    answer = request.validate_callback(surfer.left_for)
    token = party.authorization_code(answer, validate=True)

    assert request.code_verifier
    assert answer.kwargs["iss"] == told["issuer"]
    assert token.id_token.acr == "urn:dinhdanh:aal:2"
    assert token.id_token.alg == "ES256"
    assert token.id_token.nonce == request.nonce
    known = party.userinfo(token)
    assert known["sub"] == token.id_token.sub
    assert known["name"] == NAMES[person]
    assert known["phone_number"] == told["accounts"][person]["phone"]


@pytest.mark.spec("RFC 6749 §6")
def test_requests_oauth2client_refreshes_and_an_old_refresh_token_ends_the_family(surfer, relying_party):
    party = relying_party("confidential")
    request = party.authorization_request(scope=SCOPE)
    surfer.open(request.uri)
    surfer.sign_in("phuc")
    first = party.authorization_code(request.validate_callback(surfer.left_for), validate=True)

    second = party.refresh_token(first)

    assert second.refresh_token != first.refresh_token
    assert party.userinfo(second)["sub"] == first.id_token.sub
    with pytest.raises(InvalidGrant):
        party.refresh_token(first)
    with pytest.raises(InvalidGrant):
        party.refresh_token(second)


@pytest.mark.spec("RFC 6749 §4.1.2")
def test_requests_oauth2client_cannot_redeem_a_code_twice(surfer, relying_party):
    party = relying_party("confidential")
    request = party.authorization_request(scope="openid")
    surfer.open(request.uri)
    surfer.sign_in("victim")
    answer = request.validate_callback(surfer.left_for)
    party.authorization_code(answer, validate=True)

    with pytest.raises(InvalidGrant):
        party.authorization_code(answer, validate=True)


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.6")
def test_requests_oauth2client_is_told_when_nobody_is_signed_in(surfer, relying_party):
    request = relying_party("confidential").authorization_request(scope="openid", prompt="none")
    surfer.open(request.uri)

    with pytest.raises((LoginRequired, InteractionRequired, ConsentRequired)):
        request.validate_callback(surfer.left_for)


@pytest.mark.spec("RFC 6749 §4.4")
def test_requests_oauth2client_gets_a_token_for_itself(relying_party):
    token = relying_party("confidential").client_credentials(scope="reports")

    assert token.token_type == "Bearer"
    assert token.refresh_token is None


# Of a JWKS on localhost idpyoidc does not verify the certificate, and has no switch for it.
@pytest.mark.filterwarnings("ignore:Unverified HTTPS request is being made to host 'localhost'")
@pytest.mark.spec("OIDC Discovery 1.0 §4.3")
@pytest.mark.parametrize(("name", "person"), [("confidential", "victim"), ("second", "quynh")])
def test_idpyoidc_signs_a_person_in_refreshes_and_signs_out(told, surfer, handler, name, person):
    issuer, party = told["issuer"], handler(name)

    surfer.open(party.begin(issuer_id=issuer, req_args={"scope": SCOPE.split()}))
    surfer.sign_in(person)
    done = party.finalize(issuer, surfer.answer)

    assert "error" not in done
    assert done["id_token"]["iss"] == issuer
    assert done["userinfo"]["sub"] == done["id_token"]["sub"]
    assert done["userinfo"]["phone_number"] == told["accounts"][person]["phone"]

    again = party.refresh_access_token(done["state"])
    assert again["access_token"] != done["token"]

    goodbye = told["clients"][name]["post_logout_redirect_uri"]
    surfer.open(party.logout(done["state"], post_logout_redirect_uri=goodbye)["url"])
    assert surfer.left_for.partition("?")[0] == goodbye


@pytest.mark.spec("RFC 6749 §4.1")
@pytest.mark.spec("RFC 7636 §4")
@pytest.mark.parametrize(("name", "person"), [("confidential", "yen"), ("jwt", "phuc"), ("public", "toan")])
def test_authlibs_client_signs_a_person_in_and_refreshes(told, surfer, authlib, name, person):
    session, found = authlib(name)
    verifier = secrets.token_urlsafe(48)
    url, state = session.create_authorization_url(
        found["authorization_endpoint"], code_verifier=verifier, acr_values="urn:dinhdanh:aal:1"
    )

    surfer.open(url)
    surfer.sign_in(person)
    first = session.fetch_token(authorization_response=surfer.left_for, state=state, code_verifier=verifier)
    known = session.get(found["userinfo_endpoint"]).json()
    second = session.refresh_token()

    assert known["phone_number"] == told["accounts"][person]["phone"]
    assert second["access_token"] != first["access_token"]
    assert session.get(found["userinfo_endpoint"]).json() == known
    gone = session.revoke_token(found["revocation_endpoint"], second["refresh_token"])
    assert (gone.status_code, gone.text) == (200, "")
    assert session.get(found["userinfo_endpoint"]).status_code == 401


@pytest.mark.spec("RFC 7636 §4.6")
def test_authlibs_client_with_another_verifier_gets_nothing(surfer, authlib):
    session, found = authlib("confidential")
    url, state = session.create_authorization_url(
        found["authorization_endpoint"],
        code_verifier=secrets.token_urlsafe(48),
        acr_values="urn:dinhdanh:aal:1",
    )
    surfer.open(url)
    surfer.sign_in("victim")

    with pytest.raises(OAuthError, match="invalid_grant"):
        session.fetch_token(
            authorization_response=surfer.left_for, state=state, code_verifier=secrets.token_urlsafe(48)
        )
