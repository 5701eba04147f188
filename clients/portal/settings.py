"""The five things a site must know to sign people in, read from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class SettingUnfit(Exception):
    """A setting is missing or unsafe; ``name`` is the variable, ``reason`` one word."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name = name
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the portal is told when it starts.

    ``issuer`` is compared byte for byte with what the provider says of itself; ``url`` is the portal's own
    address without a slash at the end. Addresses of this site are built from ``url``, never from the Host
    header of a request, which anybody may write.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    url: str
    secret_key: str = field(repr=False)

    def __post_init__(self) -> None:
        for name, value in (("PORTAL_ISSUER", self.issuer), ("PORTAL_URL", self.url)):
            _check_address(name, value)
        if len(self.secret_key) < 32:  # noqa: PLR2004 - 32 characters of base64url are 192 bits
            raise SettingUnfit("PORTAL_SECRET_KEY", "short")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read PORTAL_ISSUER, PORTAL_CLIENT_ID, PORTAL_CLIENT_SECRET, PORTAL_URL, PORTAL_SECRET_KEY.

        Raises:
            SettingUnfit: one is missing, or unsafe.
        """

        def read(name: str) -> str:
            value = environment.get(name, "").strip()
            if not value:
                raise SettingUnfit(name, "missing")
            return value

        return cls(
            issuer=read("PORTAL_ISSUER"),
            client_id=read("PORTAL_CLIENT_ID"),
            client_secret=read("PORTAL_CLIENT_SECRET"),
            url=read("PORTAL_URL").rstrip("/"),
            secret_key=read("PORTAL_SECRET_KEY"),
        )

    @property
    def is_https(self) -> bool:
        return self.url.startswith("https://")

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends a person back with a code; registered there, letter by letter."""
        return f"{self.url}/callback"

    @property
    def signed_out_uri(self) -> str:
        """Where the provider sends a person after signing out; registered there too."""
        return f"{self.url}/signed-out"

    @property
    def metadata_url(self) -> str:
        """OpenID Connect Discovery 1.0 §4."""
        return f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"

    @property
    def issuer_origin(self) -> str:
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"


def _check_address(name: str, value: str) -> None:
    """Https, or http on this very machine for trying things out."""
    parts = urlsplit(value)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.query or parts.fragment:
        raise SettingUnfit(name, "address")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise SettingUnfit(name, "https")
