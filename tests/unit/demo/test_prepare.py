"""Filling the house: once, and taken up again where it broke off."""

import shutil

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from idp.accounts.account import Status
from idp.demo.prepare import CastLost, prepared
from idp.oidc.clients.authentication import Presented
from idp.oidc.tokens.claims import BY_NAME, SCOPES
from idp.oidc.tokens.rar import TYPES
from idp.provider import Provider
from idp.registers.register import ChangeKind, RegisterName
from idp.settings import Settings
from idp.statute.rules import LockGround
from tests.house import SECRET

PORTAL = "http://localhost:8001"


class Broken(Exception):
    """Stands for a power cut."""


@pytest.fixture
def memory(tmp_path):
    return tmp_path / "cast.json"


@pytest.fixture
def provider(tmp_path, signing_keys):
    keys = tmp_path / "keys"
    shutil.copytree(signing_keys, keys)
    provider = Provider(
        Settings(
            issuer="http://localhost:8000",
            secret=SECRET,
            database_url=f"sqlite:///{tmp_path / 'idp.db'}",
            keys_dir=keys,
            is_demo=True,
            sms_channel="outbox",
        )
    )
    yield provider
    provider.close()


def test_a_second_time_nothing_changes(provider, memory):
    first = prepared(provider, memory, PORTAL)
    kept = memory.read_bytes()

    assert prepared(provider, memory, PORTAL) == first
    assert memory.read_bytes() == kept


def test_every_sample_person_can_sign_in(provider, memory):
    cast = prepared(provider, memory, None)

    for person in cast["accounts"].values():
        account = provider.accounts.by_number(person["username"])
        assert account.status is Status.ACTIVE
        if person["password"] is None:
            continue
        enrolled = {authenticator.method for authenticator in provider.authenticators.of(account.id)}
        assert enrolled == {"password", "totp"} if person["totp_secret"] else {"password"}


@pytest.mark.parametrize("step", ["enrolment.open_citizen", "password.set_password", "clients.register"])
def test_what_broke_off_is_taken_up_again(provider, memory, monkeypatch, step):
    room, name = step.split(".")
    whole, calls = getattr(getattr(provider, room), name), []

    def breaks(*arguments, **named):
        calls.append(name)
        if len(calls) == 3:
            raise Broken
        return whole(*arguments, **named)

    monkeypatch.setattr(getattr(provider, room), name, breaks)
    with pytest.raises(Broken):
        prepared(provider, memory, PORTAL)
    kept = memory.read_bytes()

    cast = prepared(provider, memory, PORTAL)

    assert memory.read_bytes() == kept
    test_every_sample_person_can_sign_in(provider, memory)
    assert all(provider.clients.find(known["client_id"]) for known in cast["clients"].values())


@pytest.mark.parametrize("name", ["jwt", "dpop"])
def test_a_client_with_a_key_proves_itself_by_it(provider, memory, name):
    known = prepared(provider, memory, None)["clients"][name]
    now = int(provider.clock().timestamp())
    claims = {"iss": name, "sub": name, "aud": "http://localhost:8000", "exp": now + 60, "jti": "one"}
    key = ECKey.import_key(known["private_jwk"])
    form = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key),
    }

    client = provider.client_authentication.authenticate(form, Presented(url="http://localhost:8000/token"))

    assert client.client_id == name
    assert "d" not in client.metadata.jwks["keys"][0]
    assert client.metadata.dpop_bound_access_tokens == (name == "dpop")


def test_what_visitors_did_stays_done(provider, memory):
    cast = prepared(provider, memory, None)["accounts"]
    ids = {name: provider.accounts.by_number(person["username"]).id for name, person in cast.items()}
    provider.locking.lock(ids["loan"], LockGround.TERMS_BREACHED, "cli")
    provider.officers.end(ids["toan"], "cli")
    (ended,) = [each for each in provider.mandates.of_principal(ids["thanhtan"]) if each.role == "accountant"]
    provider.mandates.revoke(ended.id, ids["huong"])
    number, new = cast["phuc"]["username"], "006068999999"
    population = provider.samples.population
    population.change(ChangeKind.NUMBER_REISSUED, number, provider.clock().date(), new)
    provider.following.follow(
        RegisterName.POPULATION, population, provider.register_changes.of(RegisterName.POPULATION)
    )

    again = prepared(provider, memory, None)

    assert ("thanhtan", "dung") not in {(held["principal"], held["agent"]) for held in again["mandates"]}
    assert [officer.account_id for officer in provider.officers.serving()] == [ids["quynh"]]
    assert provider.accounts.by_number(number) is None


def test_nobody_finds_codes_in_the_outbox_that_lead_nowhere(provider, memory):
    prepared(provider, memory, None)

    assert provider.outbox.recent() == ()


def test_without_the_file_of_passwords_it_says_so(provider, memory):
    prepared(provider, memory, None)
    memory.unlink()

    with pytest.raises(CastLost):
        prepared(provider, memory, None)
    assert not memory.exists()


def test_each_address_of_the_portal_has_its_own_client(provider, memory):
    first = prepared(provider, memory, PORTAL)["portals"]
    second = prepared(provider, memory, "http://localhost:9001")["portals"]

    assert second.keys() == {PORTAL, "http://localhost:9001"}
    assert second[PORTAL] == first[PORTAL]
    assert len({known["client_id"] for known in second.values()}) == 2


def test_organisations_have_accounts_and_people_who_act_for_them(provider, memory):
    cast = prepared(provider, memory, None)

    held = {(each["principal"], each["agent"], each["role"]): each for each in cast["mandates"]}
    assert held.keys() >= {
        ("thanhtan", "huong", "representative"),
        ("thanhtan", "khoi", "manager"),
        ("thanhtan", "dung", "accountant"),
        ("anlac", "duyen", "representative"),
        ("anlac", "hieu", "representative"),
        ("anlac", "dung", "accountant"),
        ("anlac", "loan", "clerk"),
        ("tanlap", "anna", "representative"),
        ("vuoncau", "loan", "authorised_person"),
        ("sotaichinh", "thao", "representative"),
    }
    assert held["anlac", "dung", "accountant"]["limit"] == 200_000_000
    assert held["anlac", "loan", "clerk"]["services"] == ["confidential"]
    assert held["anlac", "loan", "clerk"]["ends_at"] is not None
    assert {person["kind"] for person in cast["accounts"].values()} == {
        "citizen",
        "foreigner",
        "organisation",
    }
    for name in ("thanhtan", "anlac", "tanlap", "vuoncau", "sotaichinh"):
        account = provider.accounts.by_number(cast["accounts"][name]["username"])
        sources = [each.source for each in provider.evidence.standing(account.id)]
        assert provider.registers.business.source in sources


def test_company_of_a_director_without_a_number_is_acted_for_by_whom_officers_saw_for_a_time(
    provider, memory
):
    cast = prepared(provider, memory, None)

    (held,) = [each for each in cast["mandates"] if each["principal"] == "vuoncau"]
    company = provider.accounts.by_number(cast["accounts"]["vuoncau"]["username"])
    seen = [each.officer for each in provider.evidence.standing(company.id) if each.kind == "in_person"]
    assert held["ends_at"] is not None
    assert set(seen) == {str(each.account_id) for each in provider.officers.serving()}


def test_every_claim_there_is_can_be_asked_for(provider, memory):
    prepared(provider, memory, None)

    client = provider.clients.find("confidential").metadata
    assert set(client.scope) >= SCOPES.keys()
    assert set(client.claims) >= set(BY_NAME)
    assert set(client.authorization_details_types) == TYPES.keys()


def test_a_guardian_acts_for_two_children_of_five_and_ten(provider, memory):
    cast = prepared(provider, memory, None)

    held = [each for each in cast["mandates"] if each["role"] == "guardian"]
    assert {(each["principal"], each["agent"]) for each in held} == {("vinh", "hoa"), ("ngan", "hoa")}
    for each in held:
        child = provider.accounts.by_number(cast["accounts"][each["principal"]]["username"])
        assert list(provider.authenticators.of(child.id)) == []
        assert each["ends_at"] > provider.clock().isoformat()


def test_who_acts_for_nobody_is_not_asked_for_whom(provider, memory):
    cast = prepared(provider, memory, None)

    toan = provider.accounts.by_number(cast["accounts"]["toan"]["username"])
    assert provider.mandates.usable_by(toan.id) == []


@pytest.mark.parametrize(
    "step",
    [
        "organisation_enrolment.file",
        "organisation_enrolment.answer",
        "organisation_attesting.attest",
        "mandates.grant",
    ],
)
def test_organisations_that_broke_off_are_taken_up_again(provider, memory, monkeypatch, step):
    room, name = step.split(".")

    def breaks(*_arguments, **_named):
        raise Broken

    with monkeypatch.context() as broken:
        broken.setattr(getattr(provider, room), name, breaks)
        with pytest.raises(Broken):
            prepared(provider, memory, None)

    test_organisations_have_accounts_and_people_who_act_for_them(provider, memory)
