"""Settings that are unsafe or missing do not start, and say which, never what."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest

from idp.settings import Misconfigured, Settings, load

SECRET = base64.urlsafe_b64encode(bytes(range(32))).decode()
SAFE = {"IDP_ISSUER": "https://id.example", "IDP_SECRET": SECRET}
POSTGRES = "postgresql+psycopg://idp:geheim@database/idp"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A safe production environment, to be spoiled."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"IDP_{name.upper()}", raising=False)
    for name, value in SAFE.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def at_fault(environment: pytest.MonkeyPatch, **values: str | None) -> str:
    """What is said about an environment that does not start."""
    for name, value in values.items():
        if value is None:
            environment.delenv(name)
        else:
            environment.setenv(name, value)
    with pytest.raises(Misconfigured) as caught:
        load()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    return str(caught.value)


@pytest.mark.usefixtures("environment")
def test_safe_settings_start() -> None:
    settings = load()

    assert settings.is_https
    assert not settings.is_demo
    assert settings.sms_channel == "none"
    assert settings.root_secret == bytes(range(32))


@pytest.mark.parametrize("name", SAFE)
def test_what_must_be_set_is_named(environment: pytest.MonkeyPatch, name: str) -> None:
    assert name in at_fault(environment, **{name: None})


def test_all_faults_are_told_at_once(environment: pytest.MonkeyPatch) -> None:
    told = at_fault(environment, IDP_ISSUER="http://id.example", IDP_SECRET="short", IDP_DEFAULT_LEVEL="9")

    assert [line.partition(":")[0] for line in told.splitlines()] == [
        "IDP_ISSUER",
        "IDP_SECRET",
        "IDP_DEFAULT_LEVEL",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IDP_SECRET", "too-short-a-secret"),
        ("IDP_SECRET", ""),
        ("IDP_SECRET", base64.urlsafe_b64encode(bytes(range(31))).decode()),
        ("IDP_SECRET", "not base64url, but long enough to be one, is it not? indeed!"),
        ("IDP_SECRET", "é" * 60),
        ("IDP_SEAL_KEYS", "geheim"),
        ("IDP_SEAL_KEYS", "geheim:" + SECRET),
        ("IDP_SEAL_KEYS", "2:geheim"),
        ("IDP_SEAL_KEYS", f"2:{SECRET},geheim"),
        ("IDP_SEAL_KEYS", f"256:{SECRET}"),
        ("IDP_SEAL_KEYS", f"0:{SECRET}"),
        ("IDP_ISSUER", "http://id.geheim.example"),
        ("IDP_ISSUER", "http://localhost.geheim.example"),
        ("IDP_ISSUER", "http://127.0.0.1.geheim.example"),
        ("IDP_ISSUER", "https://user:geheim@id.example"),
        ("IDP_ISSUER", "https://id.example/"),
        ("IDP_ISSUER", "https://id.example/geheim"),
        ("IDP_ISSUER", "https://id.example?geheim"),
        ("IDP_ISSUER", "https://id.example#geheim"),
        ("IDP_ISSUER", "https://@id.example"),
        ("IDP_ISSUER", "ftp://geheim.example"),
        ("IDP_ISSUER", "geheim"),
        ("IDP_ISSUER", "https://"),
        ("IDP_DATABASE_URL", "mysql://root:geheim@database/idp"),
        ("IDP_DATABASE_URL", "postgresql://root:geheim@database/idp"),
        ("IDP_DATABASE_URL", "geheim"),
        ("IDP_REDIS_URL", "http://:geheim@redis"),
        ("IDP_TRUSTED_PROXIES", "10.0.0.1,geheim"),
        ("IDP_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("IDP_SMS_CHANNEL", "geheim"),
        ("IDP_IS_DEMO", "geheim"),
        ("IDP_DEFAULT_LEVEL", "geheim"),
        ("IDP_DEFAULT_LEVEL", "5"),
        ("IDP_DEFAULT_LEVEL", "0"),
        ("IDP_CODE_TTL", "geheim"),
        ("IDP_CODE_TTL", "PT61S"),
        ("IDP_CODE_TTL", "PT0S"),
        ("IDP_ACCESS_TOKEN_TTL", "PT1H"),
        ("IDP_SESSION_TTL", "P1D"),
        ("IDP_REFRESH_TTL", "-P1D"),
    ],
)
def test_setting_at_fault_is_named_and_its_value_is_not(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    told = at_fault(environment, **{name: value})

    assert name in told
    assert "geheim" not in told.lower()
    assert SECRET not in told
    assert len(value) < 10 or value not in told


@pytest.mark.spec("RFC 6749 §3.1", "RFC 8414 §2", "Discovery 1.0 §7.1")
@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_http_is_for_this_machine(environment: pytest.MonkeyPatch, host: str) -> None:
    environment.setenv("IDP_ISSUER", f"http://{host}")

    assert not load().is_https


def test_demonstration_refuses_a_production_database(environment: pytest.MonkeyPatch) -> None:
    told = at_fault(
        environment, IDP_ISSUER="http://localhost:8000", IDP_IS_DEMO="true", IDP_DATABASE_URL=POSTGRES
    )

    assert "IDP_IS_DEMO" in told
    assert "IDP_DATABASE_URL" in told
    assert "geheim" not in told


def test_demonstration_may_have_a_database_that_says_so(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("IDP_ISSUER", "http://localhost:8000")
    environment.setenv("IDP_IS_DEMO", "true")
    environment.setenv("IDP_DATABASE_URL", POSTGRES + "_demo")

    assert load().is_demo


def test_demonstration_serves_this_machine_only(environment: pytest.MonkeyPatch) -> None:
    told = at_fault(environment, IDP_IS_DEMO="true")

    assert "IDP_IS_DEMO" in told
    assert "IDP_ISSUER" in told


def test_codes_are_shown_on_a_page_in_the_demonstration_only(environment: pytest.MonkeyPatch) -> None:
    assert "IDP_SMS_CHANNEL" in at_fault(environment, IDP_SMS_CHANNEL="outbox")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IDP_IS_DEMO", "false"),
        ("IDP_SEAL_KEYS", f"2:{SECRET}"),
        ("IDP_SMS_CHANNEL", "gateway"),
        ("IDP_REDIS_URL", "redis://:geheim@redis.example:6379/0"),
        ("IDP_DATABASE_URL", POSTGRES),
        ("IDP_ISSUER", "https://id.example"),
    ],
)
def test_a_simulator_stands_beside_nothing_of_production(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv("IDP_ISSUER", "http://localhost:8000")
    environment.setenv("IDP_IS_DEMO", "true")
    environment.setenv("IDP_IS_SIMULATOR", "true")
    environment.setenv("IDP_SMS_URL", "https://sms.example")
    environment.setenv("IDP_SMS_TOKEN", "geheim")
    assert load().is_simulator

    told = at_fault(environment, **{name: value})

    assert name in told
    assert "geheim" not in told


def test_secrets_are_not_in_the_settings_repr(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("IDP_SEAL_KEYS", f"2:{SECRET}")

    told = repr(load()) + str(load())

    assert SECRET not in told
    assert SECRET.rstrip("=") not in told


def test_sealing_keys_are_read_by_version(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("IDP_SEAL_KEYS", f"2:{SECRET},1:{SECRET.rstrip('=')}")

    assert load().sealing == {2: bytes(range(32)), 1: bytes(range(32))}


def test_proxies_are_read_from_a_list(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("IDP_TRUSTED_PROXIES", " 10.0.0.0/8, ::1 ,")

    assert load().trusted_proxies == ("10.0.0.0/8", "::1")


def test_times_are_those_of_the_security_numbers() -> None:
    settings = Settings(issuer="https://id.example", secret=SECRET)

    assert settings.code_ttl == timedelta(seconds=60)
    assert timedelta(minutes=5) <= settings.access_token_ttl <= timedelta(minutes=10)
    assert settings.session_ttl == timedelta(hours=12)
    assert settings.default_level == 2


def test_every_setting_is_documented() -> None:
    documented = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")

    missing = [name for name in Settings.model_fields if f"`IDP_{name.upper()}`" not in documented]

    assert missing == []


def test_algorithms_are_all_that_there_are_unless_told(environment: pytest.MonkeyPatch) -> None:
    assert load().signing_algorithms == ("ES256", "RS256", "PS256", "EdDSA")

    environment.setenv("IDP_SIGNING_ALGORITHMS", "RS256, ES256")
    assert load().signing_algorithms == ("RS256", "ES256")


@pytest.mark.parametrize(
    "told", ["", "ES256", "ES256,PS256", "ES256,RS256,none", "ES256,RS256,HS256", "ES256,RS256,ES256"]
)
def test_algorithms_that_clients_lean_on_are_always_there(environment: pytest.MonkeyPatch, told: str) -> None:
    environment.setenv("IDP_SIGNING_ALGORITHMS", told)

    with pytest.raises(Misconfigured, match="IDP_SIGNING_ALGORITHMS"):
        load()


@pytest.mark.parametrize(
    "address",
    [
        "http://registers.example/population",
        "http://10.0.0.5/population",
        "https://somebody:geheim@registers.example/",
        "https://registers.example/?all",
        "ftp://registers.example",
        "https://",
        "registers",
    ],
)
@pytest.mark.parametrize("register", ["POPULATION", "IMMIGRATION", "BUSINESS"])
def test_register_is_reached_over_https_alone(
    environment: pytest.MonkeyPatch, register: str, address: str
) -> None:
    name = f"IDP_{register}_REGISTER_URL"

    told = at_fault(environment, **{name: address})

    assert told.startswith(f"{name}:")
    assert address not in told


@pytest.mark.parametrize("address", ["https://10.0.0.5:8443/population", "http://127.0.0.1:8100/population"])
def test_register_may_stand_in_a_near_network(environment: pytest.MonkeyPatch, address: str) -> None:
    environment.setenv("IDP_POPULATION_REGISTER_URL", address)

    assert load().population_register_url == address
