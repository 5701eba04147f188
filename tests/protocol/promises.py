"""Every list of the discovery document: how each value in it is kept, and how another one is refused."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from urllib.parse import urlsplit

from joserfc import jwk

from idp.accounts.evidence import Evidence, EvidenceKind, register_match
from idp.accounts.kinds import Kind
from idp.accounts.legacy_links import Link
from idp.assurance import level_of
from idp.kernel.ids import new_id
from idp.oidc.clients.assertion import ASSERTION_TYPE
from idp.oidc.grants.answered import CibaGrant, DeviceGrant
from idp.oidc.grants.token_exchange import ACCESS_TOKEN, TokenExchangeGrant
from idp.oidc.tokens.claims import SELF_TOLD
from tests.assertions import Signer, a_key, jwks, signed
from tests.certificates import Held, a_certificate
from tests.house import SCOPES, House, Person, RelyingParty
from tests.mandated import an_organisation_of, represents, tokens_under
from tests.people import ALL_CODES, an_organisation
from tests.proofs import Holder
from tests.protocol.acts import allow, code_for, refused, sent_back, signed_in, tokens_for
from tests.protocol.test_rfc8628_device import approve
from tests.protocol.test_rfc9101_jar import KEYS as REQUEST_KEYS
from tests.protocol.test_rfc9101_jar import inside, sign, unsigned
from tests.receivers import Receiver, receiving
from tests.sealing import DEFAULT_ENC, PUBLISHED, opened, sealed

KEYS = {alg: a_key(alg, alg) for alg in ("ES256", "RS256", "EdDSA")}
KEYS |= {"PS256": KEYS["RS256"], "Ed25519": KEYS["EdDSA"]}
FRAMEWORK = "vn_decree_69_2024"
INTROSPECTION_JWT = "application/token-introspection+jwt"
DEVICE, CIBA, EXCHANGE = DeviceGrant.GRANT_TYPE, CibaGrant.GRANT_TYPE, TokenExchangeGrant.GRANT_TYPE
SUBJECT = "CN=rp.example,O=Trial,C=VN"
DETAILS = {
    "dossier": {"procedure": "Khai sinh", "identifier": "HS-7", "actions": ["read"]},
    "fee_payment": {"creditor": "Kho bạc", "reference": "Lệ phí 42", "amount_vnd": "1500"},
    "mandate": {"roles": ["representative"]},
}


class Stand:
    """A simulator that sees certificates, somebody in it, and clients of any name."""

    def __init__(self, house: House, authority: Held) -> None:
        self.house = house
        self.authority = authority
        self.person: Person = house.person()
        self._names = count()
        self.document = self.get("/.well-known/openid-configuration").get_json()

    def get(self, path):
        return self.house.app.test_client().get(path)

    def client(self, **details) -> RelyingParty:
        return self.house.client(f"rp{next(self._names)}", **details)

    def push(self, rp, **changes):
        return rp.post("/par", rp.request(**changes))

    def not_registered(self, **members):
        asked = {"client_name": "Trial", "redirect_uris": ["https://rp.example/cb"], **members}
        answer = self.house.app.test_client().post("/register", json=asked)
        assert next(iter(members)) in refused(answer, "invalid_client_metadata")


Keep = Callable[[Stand, list[str]], None]
Refuse = Callable[[Stand, str], None]


@dataclass(frozen=True, slots=True)
class Promise:
    """``keep`` holds every value to what it says; ``refuse`` has ``foreign`` turned away, or passed over."""

    keep: Keep
    foreign: str
    refuse: Refuse


def each(keep: Callable[[Stand, str], None]) -> Keep:
    def keep_all(stand, values):
        for value in values:
            keep(stand, value)

    return keep_all


def registered(member: str, *, is_list: bool = False, **more) -> Refuse:
    """Registration refuses it."""
    return lambda stand, value: stand.not_registered(**{member: [value] if is_list else value}, **more)


def pushed(parameter: str, error: str = "invalid_request") -> Refuse:
    """The authorization request with it is refused."""
    return lambda stand, value: refused(stand.push(stand.client(), **{parameter: value}), error) and None


# Requests


def scope(stand, value):
    tokens = tokens_for(stand.client(), stand.person, scope=f"openid {value}")
    assert value in tokens["scope"].split()
    assert ("refresh_token" in tokens) == (value == "offline_access")


def response_type(stand, value):
    rp = stand.client()
    answer = signed_in(stand.house, stand.person).sign_in(rp, stand.person, response_type=value)
    assert rp.redeem(answer["code"]).status_code == 200


def response_mode(stand, value):
    rp, browser = stand.client(), signed_in(stand.house, stand.person)
    browser.open("/authorize", rp.request(response_mode=value))
    answer = allow(browser)
    where, _, is_signed = ("query", "", "jwt") if value == "jwt" else value.partition(".")
    parts = urlsplit(browser.location or "")
    assert (bool(parts.query), bool(parts.fragment)) == (where == "query", where == "fragment")
    if is_signed:
        answer = stand.house.id_token(answer["response"])[1]
        assert answer["aud"] == rp.client_id
    assert rp.redeem(answer["code"]).status_code == 200


def challenge_method(stand, value):
    rp = stand.client()
    code = code_for(rp, stand.person, code_challenge_method=value)
    assert rp.redeem(code).status_code == 200
    code = code_for(rp, stand.person, code_challenge_method=value)
    refused(rp.redeem(code, code_verifier="x" * 43), "invalid_grant")


def details_type(stand, value):
    rp = stand.client(authorization_details_types=(value,), acts_for=("organisation",))
    asked = [{"type": value, **DETAILS[value]}]
    tokens = tokens_for(rp, stand.person, authorization_details=json.dumps(asked))
    assert tokens["authorization_details"] == asked


def claim_type(stand, _):
    claims = userinfo(stand, stand.client())
    assert claims["name"]
    assert not {"_claim_names", "_claim_sources"} & claims.keys()


def request_alg(stand, value):
    keys = {"keys": [REQUEST_KEYS[alg].as_dict(private=False) for alg in ("ES256", "Ed25519", "RS256")]}
    usual = {"jwks": keys, "request_object_signing_alg": value}
    rp = stand.client(**usual, unsigned_requests=value == "none")
    token = unsigned(inside(rp)) if value == "none" else sign_as(value, inside(rp))
    browser = signed_in(stand.house, stand.person)
    browser.open("/authorize", {"client_id": rp.client_id, "request": token})
    assert allow(browser)["state"] == "xyz"


def sign_as(alg, claims):
    """``EdDSA`` is what most clients call ``Ed25519``."""
    key = REQUEST_KEYS["Ed25519" if alg == "EdDSA" else alg]
    return signed_by(key, alg, claims)


def signed_by(key, alg, claims):
    return signed(claims, key, alg, typ="oauth-authz-req+jwt")


def prompt(stand, value):
    """Of somebody who is signed in and has allowed it all: nobody needs to be asked."""
    rp, browser = stand.client(), signed_in(stand.house, stand.person)
    browser.open("/authorize", rp.request())
    allow(browser)
    stand.house.clock.advance(timedelta(seconds=1))
    browser.open("/authorize", rp.request(prompt=value))
    if value == "none":
        assert "code" in browser.answer
        stranger = stand.house.browser()
        stranger.open("/authorize", rp.request(prompt=value))
        sent_back(stranger, rp, "login_required")
    else:
        asked = {"login": "password", "consent": "consent-allow", "select_account": "username"}
        assert asked[value] in browser.page.ids


def display(stand, value):
    browser = stand.house.browser()
    browser.open("/authorize", stand.client().request(display=value))
    assert {"username", "login-submit"} <= browser.page.ids
    assert 'name="viewport"' in browser.text  # a page that fits any window


def language(stand, value):
    browser = stand.house.browser()
    browser.open("/authorize", stand.client().request(ui_locales=value))
    assert f'<html lang="{value}"' in browser.text


def ignored_language(stand, value):
    browser = stand.house.browser()
    browser.open("/authorize", stand.client().request(ui_locales=value))
    assert '<html lang="vi"' in browser.text


def claims_language(stand, value):
    plain = userinfo(stand, stand.client())
    assert userinfo(stand, stand.client(), claims_locales=value)["name"] == plain["name"]
    assert not any("#" in name for name in plain)


# Who signs in


def acr(stand, value):
    rp, wish = stand.client(), {"id_token": {"acr": {"essential": True, "value": value}}}
    methods = ("password", "totp")[: level_of(value)]
    browser = signed_in(stand.house, stand.person, *methods)
    browser.open("/authorize", rp.request(claims=json.dumps(wish)))
    tokens = rp.redeem(allow(browser)["code"]).get_json()
    assert stand.house.id_token(tokens["id_token"])[1]["acr"] == value


def unreachable_acr(stand, value):
    rp, wish = stand.client(), {"id_token": {"acr": {"essential": True, "value": value}}}
    browser = signed_in(stand.house, stand.person)
    browser.open("/authorize", rp.request(claims=json.dumps(wish)))
    sent_back(browser, rp, "unmet_authentication_requirements")


def subject_types(stand, values):
    parties = [stand.client(subject_type=value) for value in values for _ in "ab"]
    subjects = [id_token(stand, rp)[1]["sub"] for rp in parties]
    told = dict(zip(values, zip(subjects[::2], subjects[1::2], strict=True), strict=True))
    assert len(set(told["pairwise"])) == 2  # two sectors
    assert len(set(told["public"])) == 1
    assert len(set(subjects)) == 3


def claims(stand, values):
    house, rp = stand.house, stand.client(claims=tuple(values))
    told = dict.fromkeys(SELF_TOLD, "https://ha.example/")
    person = house.person(email="ha@thu.example", activated_at=house.clock(), profile=told)
    company = an_organisation_of(house, identity=an_organisation(**ALL_CODES))
    foreigner = house.person(kind=Kind.FOREIGNER, number="900990000001")
    links = house.provider.legacy_links
    link = Link(
        sector=house.provider.clients.sectors()[rp.client_id], legacy_id="cu-1", number=person.username
    )
    links.write([(link, links.index(link.sector, link.legacy_id), person.account_id)], new_id(), "cli")
    asked = {"scope": " ".join(SCOPES), "claims": json.dumps({"userinfo": dict.fromkeys(values)})}
    answers = [
        tokens_for(rp, person, **asked),
        tokens_for(rp, foreigner, **asked),
        tokens_under(rp, person, represents(house, person, company), **asked),
    ]
    told = {name for tokens in answers for name in house.id_token(tokens["id_token"])[1]}
    told |= {name for tokens in answers for name in rp.userinfo(tokens["access_token"]).get_json()}
    assert told == set(values)


def ignored_claim(stand, value):
    rp = stand.client()
    assert value not in userinfo(stand, rp, claims=json.dumps({"userinfo": {value: {"essential": True}}}))


# What is redeemed


def grant(stand, value):
    assert GRANTS[value](stand)["access_token"]


def by_code(stand):
    return tokens_for(stand.client(), stand.person)


def by_refresh(stand):
    rp = stand.client()
    token = tokens_for(rp, stand.person, scope="openid offline_access")["refresh_token"]
    return rp.refresh(token).get_json()


def by_own_right(stand):
    rp = stand.client(grant_types=("client_credentials",))
    return rp.post("/token", {"grant_type": "client_credentials"}).get_json()


def by_device(stand):
    rp = stand.client(grant_types=(DEVICE,))
    asked = rp.post("/device_authorization", {"scope": "openid"}).get_json()
    approve(stand.house.browser(), asked["user_code"], stand.person)
    return rp.post("/token", {"grant_type": DEVICE, "device_code": asked["device_code"]}).get_json()


def by_backchannel(stand):
    rp = stand.client(grant_types=(CIBA,), backchannel_token_delivery_mode="poll")
    return answered(stand, rp, backchannel(stand, rp))


def by_exchange(stand):
    desk = stand.client(
        grant_types=(EXCHANGE,), serves=("https://desk.example/",), exchange_audiences=("https://l.example/",)
    )
    portal = stand.client(resources=("https://desk.example/",))
    subject = tokens_for(portal, stand.person, resource="https://desk.example/")["access_token"]
    form = {"grant_type": EXCHANGE, "subject_token": subject, "subject_token_type": ACCESS_TOKEN}
    return desk.post("/token", form | {"resource": "https://l.example/"}).get_json()


GRANTS = {
    "authorization_code": by_code,
    "refresh_token": by_refresh,
    "client_credentials": by_own_right,
    DEVICE: by_device,
    CIBA: by_backchannel,
    EXCHANGE: by_exchange,
}


def unknown_grant(stand, value):
    refused(stand.client().post("/token", {"grant_type": value}), "unsupported_grant_type")
    stand.not_registered(grant_types=[value])


def backchannel(stand, rp, **form):
    response = rp.post("/bc-authorize", {"scope": "openid", "login_hint": stand.person.username, **form})
    assert response.status_code == 200, response.text
    return response.get_json()["auth_req_id"]


def answered(stand, rp, auth_req_id):
    """What comes of a backchannel request that the person agreed to."""
    assert stand.get(f"/simulator/ciba?auth_req_id={auth_req_id}&action=allow").status_code == 200
    return rp.post("/token", {"grant_type": CIBA, "auth_req_id": auth_req_id}).get_json()


def delivery_mode(stand, value):
    usual = {"grant_types": (CIBA,), "backchannel_token_delivery_mode": value}
    if value == "poll":
        rp = stand.client(**usual)
        assert answered(stand, rp, backchannel(stand, rp))["id_token"]
        return
    with receiving(Receiver(status=204)) as receiver:
        rp = stand.client(**usual, backchannel_client_notification_endpoint=f"{receiver.url}/ping")
        auth_req_id = backchannel(stand, rp, client_notification_token="a" * 43)
        assert answered(stand, rp, auth_req_id)["id_token"]
        assert receiver.arrived.wait(10)
    assert json.loads(receiver.received[0].body) == {"auth_req_id": auth_req_id}


def backchannel_alg(stand, value):
    rp = stand.client(
        grant_types=(CIBA,),
        backchannel_token_delivery_mode="poll",
        backchannel_authentication_request_signing_alg=value,
        jwks=jwks(KEYS["ES256"], KEYS["RS256"], KEYS["EdDSA"]),
    )
    now = int(stand.house.clock().timestamp())
    asked = {"scope": "openid", "login_hint": stand.person.username, "jti": value, "iat": now, "nbf": now}
    addressed = {"iss": rp.client_id, "aud": stand.house.settings.issuer, "exp": now + 300}
    token = signed_by(KEYS[value], value, asked | addressed)
    assert rp.post("/bc-authorize", {"request": token}).status_code == 200


# How clients prove themselves, at each endpoint that asks them to


FORMS = {"token": {"grant_type": "refresh_token", "refresh_token": "none"}, "introspection": {"token": "x"}}
FORMS["revocation"] = FORMS["introspection"]
PATHS = {"token": "/token", "introspection": "/introspect", "revocation": "/revoke"}


def is_proven(response):
    """Past the door: what was asked for behind it is nothing that there is."""
    return response.status_code == 200 or response.get_json()["error"] == "invalid_grant"


def auth_method(endpoint):
    def keep(stand, value):
        certificate = a_certificate(SUBJECT, stand.authority if value == "tls_client_auth" else None)
        key = jwk.ECKey.import_key(certificate.key.public_key())
        needed = {
            "private_key_jwt": {"jwks": jwks(KEYS["ES256"])},
            "tls_client_auth": {"tls_client_auth_subject_dn": SUBJECT},
            "self_signed_tls_client_auth": {"jwks": jwks(key)},
        }
        rp = stand.client(token_endpoint_auth_method=value, **needed.get(value, {}))
        path, form, headers, wrong = PATHS[endpoint], FORMS[endpoint], {}, {}
        if value == "private_key_jwt":
            signer = Signer(stand.house, rp, KEYS["ES256"])
            form = form | {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signer.assertion()}
            wrong = {"client_assertion": signer.assertion(aud="https://elsewhere.example")}
        elif value.endswith("tls_client_auth"):
            headers = certificate.header
        assert is_proven(rp.post(path, form, headers)), value
        if value == "none":
            return
        rp.secret = "wrong" if rp.secret else None
        headers = a_certificate(SUBJECT).header if headers else {}
        refused(rp.post(path, form | wrong, headers), "invalid_client", 401)

    return keep


def auth_alg(endpoint):
    def keep(stand, value):
        rp = stand.client(
            token_endpoint_auth_method="private_key_jwt",
            token_endpoint_auth_signing_alg=value,
            jwks=jwks(KEYS[value]),
        )
        answer = Signer(stand.house, rp, KEYS[value], value).post(PATHS[endpoint], FORMS[endpoint])
        assert is_proven(answer), answer.text

    return keep


def nameless_introspection(stand, value):
    rp = stand.client(token_endpoint_auth_method=value)
    refused(rp.post("/introspect", {"token": "x"}), "invalid_client", 401)


def dpop_alg(stand, value):
    rp, holder = stand.client(), Holder(stand.house, value)
    response = redeem_bound(stand, rp, holder.proof())
    assert response.get_json()["token_type"] == "DPoP"
    answer = stand.house.app.test_client().get(
        "/userinfo", headers=holder.headers(response.get_json()["access_token"])
    )
    assert answer.get_json()["sub"]


def foreign_dpop_alg(stand, value):
    proof = Holder(stand.house, "PS256").proof(header={"alg": value})
    refused(redeem_bound(stand, stand.client(), proof), "invalid_dpop_proof")


def redeem_bound(stand, rp, proof):
    form = {"grant_type": "authorization_code", "redirect_uri": rp.redirect_uri, "code_verifier": rp.verifier}
    return rp.post("/token", form | {"code": code_for(rp, stand.person)}, {"DPoP": proof})


# What is answered, signed and encrypted


def id_token(stand, rp):
    return stand.house.id_token(tokens_for(rp, stand.person)["id_token"])


def userinfo(stand, rp, **overrides):
    return rp.userinfo(tokens_for(rp, stand.person, **overrides)["access_token"]).get_json()


def answer_of(stand, rp, kind):
    """What we send a client that has it signed or encrypted."""
    if kind == "authorization":
        browser = signed_in(stand.house, stand.person)
        browser.open("/authorize", rp.request(response_mode="jwt"))
        return allow(browser)["response"]
    tokens = tokens_for(rp, stand.person)
    if kind == "id_token":
        return tokens["id_token"]
    if kind == "userinfo":
        return rp.userinfo(tokens["access_token"]).get_data(as_text=True)
    response = rp.post("/introspect", {"token": tokens["access_token"]}, {"Accept": INTROSPECTION_JWT})
    assert response.mimetype == INTROSPECTION_JWT
    return response.get_data(as_text=True)


def signing(kind):
    def keep(stand, value):
        rp = stand.client(**{f"{kind}_signed_response_alg": value})
        header, told = stand.house.id_token(answer_of(stand, rp, kind))
        assert (header["alg"], told["aud"]) == (value, rp.client_id)

    return Promise(each(keep), "HS256", registered(f"{kind}_signed_response_alg"))


def encrypting(kind, part):
    member = f"{kind}_encrypted_response"

    def keep(stand, value):
        alg, enc = (value, DEFAULT_ENC) if part == "alg" else ("ECDH-ES", value)
        rp = stand.client(jwks=PUBLISHED, **{f"{member}_alg": alg, f"{member}_enc": enc})
        header, _ = opened(answer_of(stand, rp, kind), alg, enc)
        assert (header["alg"], header["enc"]) == (alg, enc)

    foreign, more = ("RSA1_5", {}) if part == "alg" else ("A192GCM", {f"{member}_alg": "ECDH-ES"})
    return Promise(each(keep), foreign, registered(f"{member}_{part}", jwks=PUBLISHED, **more))


def request_encryption(part):
    def keep(stand, value):
        alg, enc = (value, "A256GCM") if part == "alg" else ("ECDH-ES", value)
        usual = {"request_object_encryption_alg": alg, "request_object_encryption_enc": enc}
        rp = stand.client(jwks={"keys": [REQUEST_KEYS["ES256"].as_dict(private=False)]}, **usual)
        token = sealed(stand.house, sign(inside(rp)), alg, enc)
        assert rp.post("/par", {"request": token}).status_code == 201

    foreign, more = (
        ("RSA1_5", {}) if part == "alg" else ("A192GCM", {"request_object_encryption_alg": "ECDH-ES"})
    )
    return Promise(each(keep), foreign, registered(f"request_object_encryption_{part}", **more))


# What is proven


def proven(stand, person, evidence, *, framework=FRAMEWORK, names=("name",), mandate=None):
    """``verified_claims`` of somebody, with evidence like this; ``None`` where there are none."""
    wish = {
        "verification": {
            "trust_framework": {"value": framework},
            **({"evidence": evidence} if evidence else {}),
        },
        "claims": dict.fromkeys(names),
    }
    rp = stand.client(claims=tuple(names))
    asked = {"claims": json.dumps({"userinfo": {"verified_claims": wish}})}
    tokens = (
        tokens_under(rp, person, mandate, **asked) if mandate is not None else tokens_for(rp, person, **asked)
    )
    return rp.userinfo(tokens["access_token"]).get_json().get("verified_claims")


def trust_framework(stand, value):
    told = proven(stand, stand.person, [], framework=value)
    assert told["verification"]["trust_framework"] == value


def unknown_framework(stand, value):
    assert proven(stand, stand.person, [], framework=value) is None


def evidenced(stand, wish):
    """Of everybody who has another sort of evidence; ``None`` where nobody has this one."""
    house = stand.house
    citizen, foreigner = house.person(), house.person(kind=Kind.FOREIGNER, number=f"90099000{_next():04d}")
    company = an_organisation_of(house, identity=an_organisation(**ALL_CODES))
    add = house.provider.evidence.add
    for account_id in (foreigner.account_id, company):
        add(register_match(account_id, "Sổ mẫu", house.clock(), "69/2024 Art. 7"))
    for document, kind, facts, source in (
        ("idcard", EvidenceKind.CHIP_CARD, ("chip_verified",), "VNM"),
        ("residence_permit", EvidenceKind.IN_PERSON, ("card_seen", "face_compared"), "Phòng mẫu"),
        ("passport", EvidenceKind.CHIP_CARD, ("chip_verified",), "SWE"),
    ):
        made = {
            "id": new_id(),
            "at": house.clock(),
            "officer": f"cli {document}",
            "article": "69/2024 Art. 10",
        }
        whose = {"account_id": citizen.account_id if document == "idcard" else foreigner.account_id}
        add(Evidence(kind=kind, document=document, facts=facts, source=source, **made, **whose))
    answers = [
        proven(stand, citizen, [wish]),
        proven(stand, foreigner, [wish]),
        proven(stand, citizen, [wish], mandate=represents(house, citizen, company)),
    ]
    return next((answer["verification"]["evidence"] for answer in answers if answer), None)


_next = count(1).__next__


def evidence(wished: Callable[[str], dict]) -> tuple[Keep, Refuse]:
    def keep(stand, value):
        assert f'"{value}"' in json.dumps(evidenced(stand, wished(value)))

    def refuse(stand, value):
        assert evidenced(stand, wished(value)) is None

    return each(keep), refuse


def verified_claims(stand, values):
    house = stand.house
    foreigner = house.person(kind=Kind.FOREIGNER, number="900990009999")
    company = an_organisation_of(house, identity=an_organisation(**ALL_CODES))
    for account_id in (foreigner.account_id, company):
        house.provider.evidence.add(register_match(account_id, "Sổ mẫu", house.clock(), "69/2024 Art. 7"))
    record = [{"type": {"value": "electronic_record"}}]
    told = [
        proven(stand, stand.person, record, names=values),
        proven(stand, foreigner, record, names=values),
        proven(stand, stand.person, record, names=values, mandate=represents(house, stand.person, company)),
    ]
    assert {name for each in told for name in each["claims"]} == set(values)


def unproven_claim(stand, value):
    told = proven(stand, stand.person, [], names=("name", value))
    assert told["claims"].keys() == {"name"}


def _document(value):
    return {"type": {"value": "document"}, "document_details": {"type": {"value": value}}}


def _record(value):
    return {"type": {"value": "electronic_record"}, "record": {"type": {"value": value}}}


def _check(value):
    return {"type": {"value": "document"}, "check_details": [{"check_method": {"value": value}}]}


ANSWERS = ("id_token", "userinfo", "authorization", "introspection")
PROMISES: dict[str, Promise] = {
    "scopes_supported": Promise(each(scope), "invented", pushed("scope", "invalid_scope")),
    "response_types_supported": Promise(
        each(response_type), "code id_token", pushed("response_type", "unsupported_response_type")
    ),
    "response_modes_supported": Promise(each(response_mode), "web_message", pushed("response_mode")),
    "code_challenge_methods_supported": Promise(
        each(challenge_method), "plain", pushed("code_challenge_method")
    ),
    "authorization_details_types_supported": Promise(
        each(details_type), "invented", registered("authorization_details_types", is_list=True)
    ),
    "claim_types_supported": Promise(each(claim_type), "distributed", claim_type),
    "request_object_signing_alg_values_supported": Promise(
        each(request_alg), "HS256", registered("request_object_signing_alg")
    ),
    "prompt_values_supported": Promise(each(prompt), "create", pushed("prompt")),
    # OIDC Core 1.0 §3.1.2.1: what is not understood of these three must be no error.
    "display_values_supported": Promise(each(display), "hologram", display),
    "ui_locales_supported": Promise(each(language), "fr", ignored_language),
    "claims_locales_supported": Promise(each(claims_language), "fr", claims_language),
    "grant_types_supported": Promise(each(grant), "password", unknown_grant),
    "acr_values_supported": Promise(each(acr), "urn:dinhdanh:aal:4", unreachable_acr),
    "subject_types_supported": Promise(subject_types, "ephemeral", registered("subject_type")),
    "claims_supported": Promise(claims, "invented", ignored_claim),
    "dpop_signing_alg_values_supported": Promise(each(dpop_alg), "RS256", foreign_dpop_alg),
    "backchannel_token_delivery_modes_supported": Promise(
        each(delivery_mode), "push", registered("backchannel_token_delivery_mode", grant_types=[CIBA])
    ),
    "backchannel_authentication_request_signing_alg_values_supported": Promise(
        each(backchannel_alg), "HS256", registered("backchannel_authentication_request_signing_alg")
    ),
    "introspection_endpoint_auth_methods_supported": Promise(
        each(auth_method("introspection")), "none", nameless_introspection
    ),
    **{
        f"{endpoint}_endpoint_auth_methods_supported": Promise(
            each(auth_method(endpoint)), "client_secret_jwt", registered("token_endpoint_auth_method")
        )
        for endpoint in ("token", "revocation")
    },
    **{
        f"{endpoint}_endpoint_auth_signing_alg_values_supported": Promise(
            each(auth_alg(endpoint)),
            "HS256",
            registered(
                "token_endpoint_auth_signing_alg",
                token_endpoint_auth_method="private_key_jwt",
                jwks=jwks(KEYS["ES256"]),
            ),
        )
        for endpoint in PATHS
    },
    **{f"{kind}_signing_alg_values_supported": signing(kind) for kind in ANSWERS},
    **{
        f"{kind}_encryption_{part}_values_supported": encrypting(kind, part)
        for kind in ANSWERS
        for part in ("alg", "enc")
    },
    **{
        f"request_object_encryption_{part}_values_supported": request_encryption(part)
        for part in ("alg", "enc")
    },
    "trust_frameworks_supported": Promise(each(trust_framework), "de_aml", unknown_framework),
    "claims_in_verified_claims_supported": Promise(verified_claims, "email", unproven_claim),
    **{
        member: Promise(keep, foreign, refuse)
        for member, foreign, (keep, refuse) in (
            ("evidence_supported", "vouch", evidence(lambda value: {"type": {"value": value}})),
            ("electronic_records_supported", "land_registry", evidence(_record)),
            ("documents_supported", "driving_permit", evidence(_document)),
            ("documents_check_methods_supported", "vri", evidence(_check)),
        )
    },
}
