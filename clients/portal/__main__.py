"""``python -m clients.portal``: serve the portal on the port of PORTAL_URL."""

import os
import sys
from urllib.parse import urlsplit

from clients.portal.app import create_portal
from clients.portal.settings import Settings, SettingUnfit

try:
    import granian
except ImportError:
    granian = None  # type: ignore[assignment]


def main() -> int:
    """Serve until stopped, on PORTAL_LISTEN where a proxy in front answers at PORTAL_URL."""
    try:
        settings = Settings.from_environment(os.environ)
    except SettingUnfit as unfit:
        sys.stderr.write(f"{unfit.name}: {unfit.reason}\n")
        return 2
    listen = urlsplit(f"//{os.environ.get('PORTAL_LISTEN', '')}")
    host = listen.hostname or "127.0.0.1"
    port = listen.port or urlsplit(settings.url).port or 8000
    if granian is None:
        create_portal(settings).run(host, port)
        return 0
    # One process, because visits live in its memory; threads within it.
    granian.Granian(
        "clients.portal.app:portal_from_environment",
        address=host,
        port=port,
        interface=granian.constants.Interfaces.WSGI,
        factory=True,
        workers=1,
        blocking_threads=4,
        log_access=False,
    ).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
