"""What is shown, and where: the addresses, files and settings of one demonstration."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idp.demo.cast import SPARED


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """One demonstration. ``portal_port`` is ``None`` without a portal; a strict one is no simulator."""

    data: Path
    port: int
    portal_port: int | None
    is_tls: bool
    workers: int
    is_strict: bool = False

    @property
    def issuer(self) -> str:
        return f"{'https' if self.is_tls else 'http'}://localhost:{self.port}"

    @property
    def portal_url(self) -> str | None:
        return f"http://localhost:{self.portal_port}" if self.portal_port else None

    @property
    def ports(self) -> tuple[int, ...]:
        return tuple(port for port in (self.port, self.portal_port) if port)

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
    def document(self) -> Path:
        """What programs read: it is there when everything answers."""
        return self.data / "demo.json"


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


def document_of(show: Show, cast: Mapping[str, Any], ca_file: Path | None) -> dict[str, Any]:
    """What demo.json says. Its shape is promised in README.md."""
    portal = {"portal": cast["portals"][show.portal_url]} if show.portal_url else {}
    pages = {"account": f"{show.issuer}/account", "outbox": f"{show.issuer}/outbox"}
    return {
        "issuer": show.issuer,
        "pages": ({"portal": show.portal_url} if show.portal_url else {}) | pages,
        "clients": cast["clients"] | portal,
        "accounts": cast["accounts"],
        "operators": {},
        "logs": [str(log) for log in show.logs],
    } | ({"ca_file": str(ca_file)} if ca_file else {})


def write_private(path: Path, text: str) -> None:
    """A file whole or not at all, that only its owner may read."""
    beside = path.with_name(f"{path.name}.new")
    beside.touch(mode=0o600)
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def write_private_json(path: Path, value: Any) -> None:
    """``write_private``, for programs to read."""
    write_private(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")
