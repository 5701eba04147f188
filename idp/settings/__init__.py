"""Every knob of the provider, typed, read from the environment (``IDP_…``). Unsafe mixes do not start."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from idp.settings.values import (
    COMMAS,
    LOCAL_HOSTS,
    SIGNING,
    Algorithms,
    DatabaseUrl,
    Networks,
    Origin,
    RedisUrl,
    RegisterUrl,
    RootSecret,
    SealKeys,
    Texts,
    decoded,
)

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

    issuer: Origin = Field(description="The provider's one address, without a slash at the end.")
    secret: RootSecret = Field(
        description="32 random bytes in base64url: sealing, indexes, pairwise subjects."
    )
    seal_keys: SealKeys | None = Field(
        default=None, description="Further sealing keys, newest first: `2:BASE64URL,1:BASE64URL`."
    )
    database_url: DatabaseUrl = Field(default="sqlite:///var/idp.db", description="SQLite or PostgreSQL.")
    redis_url: RedisUrl | None = Field(
        default=None, description="Redis for short-lived state; without it the database."
    )
    keys_dir: Path = Field(default=Path("keys"), description="Where our keys are kept.")
    signing_algorithms: Algorithms = Field(
        default=SIGNING,
        description="What we sign with, comma separated; always ES256 and RS256.",
    )
    log_file: Path | None = Field(default=None, description="JSON lines; without it standard output.")
    trusted_proxies: Networks = Field(
        default=(), description="Addresses whose X-Forwarded-For is believed, comma separated."
    )
    outbound_allowed: Networks = Field(
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
    mtls_port: int | None = Field(
        default=None, ge=1, le=65535, description="Where `idp serve` itself asks clients for certificates."
    )
    mtls_origin: Origin | None = Field(
        default=None, description="Where clients show certificates, told in discovery (RFC 8705)."
    )
    dpop_nonce_required: bool = Field(
        default=False, description="DPoP proofs bear a nonce of ours (RFC 9449), unless a client differs."
    )
    population_register_url: RegisterUrl | None = Field(
        default=None, description="The population register; without it the embedded sample."
    )
    immigration_register_url: RegisterUrl | None = Field(
        default=None, description="The immigration register; without it the embedded sample."
    )
    business_register_url: RegisterUrl | None = Field(
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
    simulator_spared: Texts = Field(
        default=(), description="Identity numbers of sample people whom wrong tries never lock out."
    )
    sms_channel: str = Field(default="none", description="`gateway`, `outbox` (demonstration) or `none`.")
    sms_url: str | None = Field(default=None, description="The SMS gateway's https address.")
    sms_token: SecretStr | None = Field(default=None, description="Its bearer token.")
    features_off: Annotated[tuple[FeatureName, ...], NoDecode, COMMAS] = Field(
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
        self._check_certificates()
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

    def _check_certificates(self) -> None:
        if self.client_certificates and not self.trusted_proxies:
            raise ValueError("IDP_CLIENT_CERTIFICATES needs IDP_TRUSTED_PROXIES: only they are believed")
        if (self.client_ca_file or self.mtls_origin) and not self.sees_certificates:
            raise ValueError(
                "IDP_CLIENT_CA_FILE, IDP_MTLS_ORIGIN need IDP_MTLS_PORT or IDP_CLIENT_CERTIFICATES"
            )
        if not (self.mtls_base or "https://").startswith("https://"):
            raise ValueError("IDP_MTLS_ORIGIN must be https: certificates are shown over TLS only")
        if self.mtls_port is not None and not self.is_https:
            raise ValueError("IDP_MTLS_PORT needs an https IDP_ISSUER: certificates are shown over TLS only")

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
        return decoded(self.secret.get_secret_value())

    @property
    def sealing(self) -> dict[int, bytes]:
        """Sealing keys by version; the highest seals, all open. Empty: derive version 1 from the secret."""
        if self.seal_keys is None:
            return {}
        pairs = (part.split(":", 1) for part in self.seal_keys.get_secret_value().split(","))
        return {int(version): decoded(key) for version, key in pairs}

    @property
    def sees_certificates(self) -> bool:
        """Whether clients' TLS certificates reach us, by our own listener or by proxies."""
        return self.client_certificates or self.mtls_port is not None

    @property
    def mtls_base(self) -> str | None:
        """Where clients show certificates, if not at the issuer: the issuer's host unless told."""
        if self.mtls_origin or self.mtls_port is None:
            return self.mtls_origin
        host = urlsplit(self.issuer).hostname or ""
        return f"https://{f'[{host}]' if ':' in host else host}:{self.mtls_port}"

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
