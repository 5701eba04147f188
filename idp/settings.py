"""Every knob of the provider, typed, read from the environment (``IDP_…``). Unsafe mixes do not start."""

import base64
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
SECRET_BYTES = 32
LAST_SEAL_VERSION = 255
SIGNING = ("ES256", "RS256", "PS256", "EdDSA")
ALWAYS = ("ES256", "RS256")  # what clients get that ask for nothing; Discovery 1.0 §3 demands RS256
DATABASES = ("sqlite:///", "postgresql+psycopg://")
REDIS = ("redis://", "rediss://", "unix://")
ZERO = timedelta(0)
FeatureName = Literal[
    "par", "jar", "jarm", "introspection", "revocation", "registration", "client_credentials",
    "device_code", "ciba", "token_exchange", "session_management",
]  # fmt: skip


class Misconfigured(Exception):
    """The settings are missing something or do not belong together; names each setting."""


class Settings(BaseSettings):
    """What an operator may set. Each is documented in docs/operations.md."""

    model_config = SettingsConfigDict(
        env_prefix="IDP_", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    issuer: str = Field(description="The provider's one address, without a slash at the end.")
    secret: SecretStr = Field(
        description="32 random bytes in base64url: sealing, indexes, pairwise subjects."
    )
    seal_keys: SecretStr | None = Field(
        default=None, description="Further sealing keys, newest first: `2:BASE64URL,1:BASE64URL`."
    )
    database_url: str = Field(default="sqlite:///var/idp.db", description="SQLite or PostgreSQL.")
    redis_url: str | None = Field(
        default=None, description="Redis for short-lived state; without it the database."
    )
    keys_dir: Path = Field(default=Path("keys"), description="Where our keys are kept.")
    signing_algorithms: Annotated[tuple[str, ...], NoDecode] = Field(
        default=SIGNING,
        description="What we sign with, comma separated; always ES256 and RS256.",
    )
    log_file: Path | None = Field(default=None, description="JSON lines; without it standard output.")
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Addresses whose X-Forwarded-For is believed, comma separated."
    )
    outbound_allowed: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Networks that may be asked although they are not public, comma separated."
    )
    outbound_ca_file: Path | None = Field(
        default=None, description="Further certificate authorities (PEM) of those whom we ask."
    )
    client_certificates: bool = Field(
        default=False, description="The proxies write Client-Cert (RFC 9440) anew for every request."
    )
    client_ca_file: Path | None = Field(
        default=None, description="Authorities (PEM) whose certificates name clients: tls_client_auth."
    )
    dpop_nonce_required: bool = Field(
        default=False, description="DPoP proofs bear a nonce of ours (RFC 9449), unless a client differs."
    )
    population_register_url: str | None = Field(
        default=None, description="The population register; without it the embedded sample."
    )
    immigration_register_url: str | None = Field(
        default=None, description="The immigration register; without it the embedded sample."
    )
    business_register_url: str | None = Field(
        default=None, description="The business register; without it the embedded sample."
    )
    register_key_file: Path | None = Field(
        default=None, description="The private key (PEM, P-256) that requests to registers are signed with."
    )
    csca_dir: Path | None = Field(
        default=None, description="States' signing authorities, for the chips of cards and passports."
    )
    is_demo: bool = Field(default=False, description="Sample people, the outbox page, http on localhost.")
    is_simulator: bool = Field(
        default=False,
        description="For developers of relying parties: steered by URL. Only in a demonstration.",
    )
    simulator_spared: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Identity numbers of sample people whom wrong tries never lock out."
    )
    sms_channel: str = Field(default="none", description="`gateway`, `outbox` (demonstration) or `none`.")
    sms_url: str | None = Field(default=None, description="The SMS gateway's https address.")
    sms_token: SecretStr | None = Field(default=None, description="Its bearer token.")
    features_off: Annotated[tuple[FeatureName, ...], NoDecode] = Field(
        default=(), description="Protocol features that are not offered, comma separated."
    )
    default_level: int = Field(
        default=2, ge=1, le=4, description="Authentication level when nobody asks for one."
    )
    code_ttl: timedelta = Field(
        default=timedelta(seconds=60),
        gt=ZERO,
        le=timedelta(seconds=60),
        description="Life of an authorization code.",
    )
    pushed_request_ttl: timedelta = Field(
        default=timedelta(seconds=90),
        ge=timedelta(seconds=5),
        lt=timedelta(seconds=600),
        description="Life of a pushed authorization request.",
    )
    access_token_ttl: timedelta = Field(
        default=timedelta(minutes=10),
        gt=ZERO,
        le=timedelta(minutes=10),
        description="Life of an access token.",
    )
    refresh_ttl: timedelta = Field(
        default=timedelta(days=30), gt=ZERO, description="Absolute life of a refresh family."
    )
    session_ttl: timedelta = Field(
        default=timedelta(hours=12),
        gt=ZERO,
        le=timedelta(hours=12),
        description="Absolute life of a session.",
    )

    @field_validator(
        "trusted_proxies",
        "outbound_allowed",
        "simulator_spared",
        "signing_algorithms",
        "features_off",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("trusted_proxies", "outbound_allowed")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ip_network(network, strict=False)
            except ValueError:
                raise ValueError("must hold addresses or networks, as in 10.0.0.0/8") from None
        return value

    @field_validator("signing_algorithms")
    @classmethod
    def _algorithms_are_offered(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not set(ALWAYS) <= set(value) <= set(SIGNING) or len(set(value)) != len(value):
            raise ValueError(f"must hold {', '.join(ALWAYS)}, and otherwise only {', '.join(SIGNING)}")
        return value

    @field_validator("database_url")
    @classmethod
    def _database_is_known(cls, value: str) -> str:
        if not value.startswith(DATABASES):
            raise ValueError(f"must begin with {' or '.join(DATABASES)}")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis_is_known(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(REDIS):
            raise ValueError(f"must begin with {', '.join(REDIS)}")
        return value

    @field_validator("seal_keys")
    @classmethod
    def _seal_keys_are_keys(cls, value: SecretStr | None) -> SecretStr | None:
        for part in value.get_secret_value().split(",") if value else ():
            version, _, key = part.partition(":")
            is_version = version.isascii() and version.isdigit() and 1 <= int(version) <= LAST_SEAL_VERSION
            if not is_version or len(_decoded(key)) != SECRET_BYTES:
                raise ValueError("must hold version:key pairs; a key is 32 bytes in base64url")
        return value

    @field_validator("population_register_url", "immigration_register_url", "business_register_url")
    @classmethod
    def _register_is_reached_safely(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "https://none")
        is_local = parts.scheme == "http" and parts.hostname in LOCAL_HOSTS
        if not (parts.scheme == "https" or is_local) or not parts.hostname:
            raise ValueError("must be an https address, or http on localhost")
        if parts.query or parts.fragment or "@" in parts.netloc:
            raise ValueError("must hold no query, fragment or user")
        return value

    @field_validator("issuer")
    @classmethod
    def _issuer_is_an_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError("must be an https address")
        if parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
            raise ValueError("must be https anywhere but on localhost")
        if parts.query or parts.fragment or parts.path or "@" in parts.netloc:
            raise ValueError("must be a bare origin: no path, query, fragment or user")
        return value

    @field_validator("secret")
    @classmethod
    def _secret_is_long(cls, value: SecretStr) -> SecretStr:
        if len(_decoded(value.get_secret_value())) < SECRET_BYTES:
            raise ValueError("must hold at least 32 bytes in base64url; make one with `idp init`")
        return value

    @model_validator(mode="after")
    def _safe_together(self) -> "Settings":
        if self.sms_channel not in ("gateway", "outbox", "none"):
            raise ValueError("IDP_SMS_CHANNEL must be `gateway`, `outbox` or `none`")
        if self.sms_channel == "gateway" and not (
            self.sms_token and (self.sms_url or "").startswith("https://")
        ):
            raise ValueError("IDP_SMS_CHANNEL=gateway needs an https IDP_SMS_URL and IDP_SMS_TOKEN")
        if self.sms_channel == "outbox" and not self.is_demo:
            raise ValueError("IDP_SMS_CHANNEL=outbox shows codes on a page: only with IDP_IS_DEMO=true")
        if self.client_certificates and not self.trusted_proxies:
            raise ValueError("IDP_CLIENT_CERTIFICATES needs IDP_TRUSTED_PROXIES: only they are believed")
        if self.client_ca_file and not self.client_certificates:
            raise ValueError("IDP_CLIENT_CA_FILE needs IDP_CLIENT_CERTIFICATES")
        if self.is_demo and urlsplit(self.issuer).hostname not in LOCAL_HOSTS:
            raise ValueError("IDP_IS_DEMO=true must not serve any IDP_ISSUER but localhost")
        if self.is_demo and not self.database_url.startswith("sqlite") and "demo" not in self.database_url:
            raise ValueError(
                "IDP_IS_DEMO=true beside a production IDP_DATABASE_URL (its name must hold `demo`)"
            )
        if self.simulator_spared and not self.is_simulator:
            raise ValueError("IDP_SIMULATOR_SPARED only with IDP_IS_SIMULATOR=true")
        if self.is_simulator:
            self._check_simulator()
        return self

    def _check_simulator(self) -> None:
        """Refuse what belongs to a provider of real people: its keys, its gateway, its store."""
        production = {
            "IDP_IS_DEMO=false": not self.is_demo,
            "IDP_SEAL_KEYS": self.seal_keys is not None,
            "IDP_SMS_CHANNEL=gateway": self.sms_channel == "gateway",
            "IDP_REDIS_URL of another machine": (urlsplit(self.redis_url or "").hostname or "localhost")
            not in LOCAL_HOSTS,
        }
        if found := [name for name, is_set in production.items() if is_set]:
            raise ValueError(f"IDP_IS_SIMULATOR=true must not stand beside {', '.join(found)}")

    @property
    def root_secret(self) -> bytes:
        return _decoded(self.secret.get_secret_value())

    @property
    def sealing(self) -> dict[int, bytes]:
        """Sealing keys by version; the highest seals, all open. Empty: derive version 1 from the secret."""
        if self.seal_keys is None:
            return {}
        pairs = (part.split(":", 1) for part in self.seal_keys.get_secret_value().split(","))
        return {int(version): _decoded(key) for version, key in pairs}

    @property
    def is_https(self) -> bool:
        return self.issuer.startswith("https://")


def load() -> Settings:
    """Read the environment.

    Raises:
        Misconfigured: with one line for each setting at fault; never with its value.
    """
    try:
        return Settings()  # type: ignore[call-arg]  # pydantic reads the environment
    except ValidationError as error:
        raise Misconfigured("\n".join(_explained(error))) from None


def _explained(error: ValidationError) -> list[str]:
    lines = []
    for fault in error.errors(include_input=False, include_url=False, include_context=False):
        name = "_".join(str(part) for part in fault["loc"]).upper()
        lines.append(f"IDP_{name}: {fault['msg']}" if name else fault["msg"])
    return lines


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""
