"""What is shown, and where: the addresses, files and settings of one demonstration."""

import base64
import os
import secrets
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idp.demo.cast import SPARED
from idp.demo.files import write_private
from idp.demo.tls import Certificates


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """One demonstration. ``portal_port`` is ``None`` without a portal; a strict one is no simulator.

    ``mtls_port`` is where clients show certificates, ``None`` without TLS.
    """

    data: Path
    port: int
    portal_port: int | None
    is_tls: bool
    workers: int
    is_strict: bool = False
    mtls_port: int | None = None

    @property
    def issuer(self) -> str:
        return f"{'https' if self.is_tls else 'http'}://localhost:{self.port}"

    @property
    def portal_url(self) -> str | None:
        return f"http://localhost:{self.portal_port}" if self.portal_port else None

    @property
    def mtls_origin(self) -> str | None:
        return f"https://localhost:{self.mtls_port}" if self.mtls_port else None

    @property
    def ports(self) -> tuple[int, ...]:
        return tuple(port for port in (self.port, self.portal_port, self.mtls_port) if port)

    @property
    def provider_log(self) -> Path:
        return self.data / "idp.log"

    @property
    def server_log(self) -> Path:
        """What the provider's server prints, which is not for programs."""
        return self.data / "server.log"

    @property
    def portal_log(self) -> Path:
        return self.data / "portal.log"

    @property
    def logs(self) -> tuple[Path, ...]:
        always = (self.provider_log, self.server_log)
        return (*always, self.portal_log) if self.portal_port else always

    @property
    def environment(self) -> Path:
        """What shells read: other commands then act on this demonstration."""
        return self.data / "idp.env"

    @property
    def document(self) -> Path:
        """What programs read: it is there when everything answers."""
        return self.data / "demo.json"


# What only a demonstration over TLS sets: ``over_tls``.
OVER_TLS = frozenset({"IDP_TLS_CERT", "IDP_TLS_KEY", "IDP_MTLS_PORT", "IDP_CLIENT_CA_FILE"})


def for_shells(settings: Mapping[str, str]) -> str:
    """The settings as lines that a shell takes in with ``.``, so that commands find the demonstration."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in settings.items())


def settings_of(data: Path, issuer: str, *, is_simulator: bool = False) -> dict[str, str]:
    """The provider's settings. The secret is made once for the folder, and readable by its owner only."""
    secret = data / "secret"
    if not secret.exists():
        write_private(secret, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("="))
    return {
        "IDP_ISSUER": issuer,
        "IDP_SECRET": secret.read_text().strip(),
        "IDP_DATABASE_URL": os.environ.get("IDP_DATABASE_URL", f"sqlite:///{data / 'idp.db'}"),
        "IDP_KEYS_DIR": str(data / "keys"),
        "IDP_LOG_FILE": str(data / "idp.log"),
        "IDP_IS_DEMO": "true",
        "IDP_SMS_CHANNEL": "outbox",
        "IDP_IS_SIMULATOR": str(is_simulator).lower(),
        "IDP_SIMULATOR_SPARED": ",".join(SPARED) if is_simulator else "",
    }


def document_of(
    show: Show, cast: Mapping[str, Any], certificates: Certificates | None = None
) -> dict[str, Any]:
    """What demo.json says. Its shape is promised in README.md."""
    clients = dict(cast["clients"])
    mtls = clients.pop("mtls")
    if show.portal_url:
        clients["portal"] = cast["portals"][show.portal_url]
    if certificates is not None:
        clients["mtls"] = mtls | {
            "certificate_file": str(certificates.client.certificate),
            "certificate_key_file": str(certificates.client.key),
        }
    pages = {"account": f"{show.issuer}/account", "outbox": f"{show.issuer}/outbox"}
    return {
        "issuer": show.issuer,
        "pages": ({"portal": show.portal_url} if show.portal_url else {}) | pages,
        "clients": clients,
        "accounts": cast["accounts"],
        "mandates": cast["mandates"],
        "operators": {},
        "logs": [str(log) for log in show.logs],
    } | (_shown_by(show, certificates) if certificates is not None else {})


def _shown_by(show: Show, certificates: Certificates) -> dict[str, Any]:
    return {
        "ca_file": str(certificates.authority),
        "mtls_port": show.mtls_port,
        "client_ca_file": str(certificates.client_authority.certificate),
        "client_ca_key_file": str(certificates.client_authority.key),
    }


def over_tls(show: Show, certificates: Certificates | None) -> dict[str, str]:
    """The settings of TLS, if there is any.

    Clients are known by certificates of our own authority, and of the operator's.
    """
    if certificates is None:
        return {}
    trusted = show.data / "tls" / "trusted-client-cas.pem"
    told = os.environ.get("IDP_CLIENT_CA_FILE", str(trusted))
    others = b"" if told == str(trusted) else Path(told).read_bytes()
    trusted.write_bytes(certificates.client_authority.certificate.read_bytes() + others)
    return {
        "IDP_TLS_CERT": str(certificates.server.certificate),
        "IDP_TLS_KEY": str(certificates.server.key),
        "IDP_MTLS_PORT": str(show.mtls_port),
        "IDP_CLIENT_CA_FILE": str(trusted),
    }
