"""clients: add, list, disable."""

import json

import pytest

DETAILS = {
    "client_name": {"vi": "Cổng thử", "en": "Trial"},
    "redirect_uris": ["https://trial.example/callback"],
    "scope": "openid profile",
}


@pytest.fixture
def add(idp, tmp_path):
    def add(details, *options):
        file = tmp_path / "client.json"
        file.write_text(details if isinstance(details, str) else json.dumps(details), encoding="utf-8")
        return idp("clients", "add", str(file), *options)

    return add


def test_a_client_is_added_and_its_secret_shown_once(idp, add):
    answer = add(DETAILS)

    made = json.loads(answer.out)
    assert made["client_id"] in idp.succeed("clients", "list")
    assert made["client_secret"] not in idp.succeed("clients", "list")
    assert len(idp.events("client.registered")) == 1
    provider = idp.provider()
    client = provider.clients.find(made["client_id"])
    assert client.check_client_secret(made["client_secret"])
    assert client.metadata.scope == ("openid", "profile")
    provider.close()


def test_a_public_client_has_no_secret(add):
    assert json.loads(add(DETAILS | {"token_endpoint_auth_method": "none"}).out)["client_secret"] is None


def test_list_shows_name_domain_and_scope(idp, add):
    add(DETAILS, "--id", "trial")

    shown = idp.succeed("clients", "list")

    assert all(part in shown for part in ("trial", "Cổng thử", "trial.example", "openid profile"))


@pytest.mark.parametrize(
    ("details", "told"),
    [
        (DETAILS | {"redirect_uri": "https://x.example/"}, "unknown: redirect_uri"),
        ({"redirect_uris": ["https://x.example/"]}, "client_name"),
        (DETAILS | {"redirect_uris": ["http://x.example/"]}, "redirect_uris"),
        (DETAILS | {"token_endpoint_auth_method": "tls"}, "token_endpoint_auth_method"),
        ("not JSON", "not one JSON object"),
        ("[]", "not one JSON object"),
        ("[1]", "not one JSON object"),
        ("\x00", "not one JSON object"),
    ],
)
def test_what_cannot_be_registered_is_refused_by_name_and_leaves_nothing(idp, add, details, told):
    answer = add(details)

    assert answer.status == 1
    assert told in answer.err
    assert idp.rows("SELECT count(*) FROM clients") == [(0,)]


def test_what_cannot_be_registered_is_told_without_what_pages_say_of_clients_at_work(add):
    answer = add(DETAILS | {"logo_uri": "http://trial.example/logo.png"})

    assert answer.err == "idp: invalid_client_metadata field=logo_uri expected=an https address\n"


def test_an_id_is_given_once_even_after_it_was_disabled(idp, add):
    add(DETAILS, "--id", "trial")
    idp.succeed("clients", "disable", "trial")

    answer = add(DETAILS, "--id", "trial")

    assert (answer.status, "trial" in answer.err) == (1, True)


def test_a_disabled_client_is_gone_from_the_list(idp, add):
    add(DETAILS, "--id", "trial")

    idp.succeed("clients", "disable", "trial")

    assert "trial" not in idp.succeed("clients", "list")
    assert len(idp.events("client.removed")) == 1


def test_an_unknown_client_cannot_be_disabled(idp):
    answer = idp("clients", "disable", "nobody")

    assert (answer.status, "nobody" in answer.err) == (1, True)
    assert idp.events("client.removed") == []


def test_a_token_lets_a_developer_register_once(idp):
    token = idp.succeed("clients", "token", "--scope", "openid").strip()
    provider = idp.provider()

    assert provider.invitations.spend(token) == ("openid",)
    assert provider.invitations.spend(token) is None
    assert token not in str(idp.events("client.invited"))
    assert len(idp.events("client.invited")) == 1
    provider.close()
