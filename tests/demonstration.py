"""``idp demo`` really running, and a person with a browser without JavaScript who walks through it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import psutil
import pyotp
import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from tests.bench.forms import Page, read_page
from tests.waiting import until

ROOT = Path(__file__).parent.parent
COMMAND = (sys.executable, "-c", "from idp.cli import main; main()")
STOP_SECONDS = 10
STEP = 30


class Demonstration:
    """The command in a process group of its own; used as a context it is stopped at the end."""

    def __init__(self, data: Path, port: int, *options: str, environment: Mapping[str, str] | None = None):
        self.data = data
        self.port = port
        (data / "demo.json").unlink(missing_ok=True)  # or an earlier one would be taken for this one's
        self.printed = data.with_name(f"{data.name}.printed")
        with self.printed.open("wb") as printed:
            self.process = subprocess.Popen(
                [*COMMAND, "demo", f"--port={port}", f"--data={data}", *options],
                cwd=ROOT,
                env=os.environ | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self.ready()

    def __exit__(self, *_: object) -> None:
        tree = self.tree()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        finally:
            for process in tree:
                with suppress(psutil.NoSuchProcess):
                    process.kill()

    def ready(self) -> Self:
        """Come back when demo.json is there."""
        until((self.data / "demo.json").exists, lambda: self.said, process=self.process)
        return self

    @property
    def said(self) -> str:
        return self.printed.read_text(encoding="utf-8")

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((self.data / "demo.json").read_text(encoding="utf-8"))
        return told

    def tree(self) -> list[psutil.Process]:
        """The command's process and all it started."""
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self.process.pid)
            return [parent, *parent.children(recursive=True)]
        return []


def left_of(processes: Iterable[psutil.Process], within: float = STOP_SECONDS) -> list[psutil.Process]:
    """Those that still run after so many seconds. Who has ended and only waits to be buried does not."""
    known = list(processes)

    def left() -> list[psutil.Process]:
        return [process for process in known if _runs(process)]

    with suppress(TimeoutError):
        until(lambda: not left(), seconds=within)
    return left()


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def is_free(port: int) -> bool:
    """Whether anybody could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


class Codes:
    """One-time codes of sample people, none of them twice: the next step's when this one's is spent."""

    def __init__(self, accounts: Mapping[str, Mapping[str, Any]]) -> None:
        self._accounts = accounts
        self._last: dict[str, int] = {}

    def of(self, name: str) -> str:
        this = int(time.time()) // STEP
        step = max(this, self._last.get(name, 0) + 1)
        assert step <= this + 1, f"{name} has no codes left now: take somebody else"
        self._last[name] = step
        return pyotp.TOTP(self._accounts[name]["totp_secret"]).generate_otp(step)


class Surfer:
    """Somebody with cookies, who fills in forms. Leaves for no other site than those of ``origins``."""

    def __init__(self, told: Mapping[str, Any], codes: Codes) -> None:
        self.told = told
        self.codes = codes
        self.session = requests.Session()
        self.session.trust_env = False
        if "ca_file" in told:
            self.session.verify = told["ca_file"]
        self.origins = {_origin(told["issuer"])} | {_origin(url) for url in told["pages"].values()}
        self.response: requests.Response | None = None
        self.left_for: str | None = None

    @property
    def shown(self) -> requests.Response:
        assert self.response is not None
        return self.response

    @property
    def page(self) -> Page:
        return read_page(self.shown.content)

    @property
    def text(self) -> str:
        return self.shown.content.decode()

    @property
    def url(self) -> str:
        return self.shown.url

    def open(self, url: str) -> None:
        self._go("GET", url)

    def ask(self, client: Mapping[str, Any], **parameters: str) -> None:
        """An authorization request of one of the sample clients."""
        usual = {
            "client_id": client["client_id"],
            "redirect_uri": client["redirect_uri"],
            "response_type": "code",
            "scope": "openid profile",
            "state": "state",
            "nonce": "nonce",
            "code_challenge": create_s256_code_challenge("v" * 43),
            "code_challenge_method": "S256",
        }
        self.open(f"{self.told['issuer']}/authorize?{urlencode(usual | parameters)}")

    @property
    def answer(self) -> dict[str, str]:
        """What the client that we left for is told."""
        assert self.left_for is not None
        return dict(parse_qsl(urlsplit(self.left_for).query))

    def submit(self, answers: Mapping[str, str], button: str) -> None:
        form = self.page.form_with(button)
        assert form is not None, f"no #{button} at {self.url}: {sorted(self.page.ids)}"
        self._go(form.method, urljoin(self.url, form.action), form.filled(answers, button))

    def sign_in(self, name: str, whom: str = "whom-myself") -> list[str]:
        """Answer every page of the provider until it sends us elsewhere; gives what each page was.

        ``whom``: the button of whom to act for, where that is asked.
        """
        person, seen = self.told["accounts"][name], []
        for _ in range(8):
            if self.left_for is not None or _origin(self.url) != _origin(self.told["issuer"]):
                return seen
            ids = self.page.ids
            assert "op-error" not in ids, self.text
            if "username" in ids:
                seen.append("identify")
                self.submit(person, "login-submit")
            elif "otp" in ids:
                seen.append("otp")
                self.submit({"otp": self.codes.of(name)}, "login-submit")
            elif "password" in ids:
                seen.append("password")
                self.submit({"password": person["password"]}, "login-submit")
            elif "whom" in ids:
                seen.append("whom")
                self.submit({}, whom)
            else:
                seen.append("consent")
                self.submit({}, "consent-allow")
        raise AssertionError(f"the sign-in does not end: {seen}")

    def _go(
        self, method: str, url: str, form: Mapping[str, str] | None = None, origin: str | None = None
    ) -> None:
        self.left_for = None
        for _ in range(12):
            self.response = self.session.request(
                method,
                url,
                params=form if method == "GET" else None,
                data=form if method == "POST" else None,
                headers={"Origin": origin or _origin(url)} if method == "POST" else {},
                allow_redirects=False,
                timeout=20,
            )
            if not self.response.is_redirect:
                return
            url, method, form = urljoin(self.response.url, self.response.headers["Location"]), "GET", None
            if _origin(url) not in self.origins:
                self.left_for = url
                return
        raise AssertionError(f"too many redirects, the last to {url}")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
