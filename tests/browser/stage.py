"""Shows pages in a real Chromium without a server: the browser's requests are answered from here.

``python -m tests.browser.stage DIR [STATE...]`` puts a picture of every state into ``DIR``, to be looked at.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Route, sync_playwright

from idp.web.i18n import Sentences
from idp.web.render import PATHS, STATIC, Pages
from idp.web.surface import POLICY
from tests.pages import STATES

ORIGIN = "https://dinhdanh.example"
TYPES = {".css": "text/css", ".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}
PAGES = Pages(Sentences(), "dinhdanh.example")
SMALL, WIDE = 360, 1280
CHROMIUM_MISSING = "Chromium is missing. Install it: apt-get install chromium"


@dataclass(frozen=True)
class View:
    """How a page is looked at."""

    language: str = "vi"
    width: int = SMALL
    scheme: str = "light"

    def __str__(self) -> str:
        return f"{self.language}-{self.width}-{self.scheme}"


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    path = shutil.which("chromium")
    assert path, CHROMIUM_MISSING
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def shown(browser: Browser, state: str, view: View) -> Iterator[Page]:
    """The page of a state, as a ``View``; what its console says is in ``page.complaints``."""
    context = browser.new_context(
        viewport={"width": view.width, "height": 760},
        color_scheme=view.scheme,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda message: _note(page, message))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.route("**/*", lambda route: _answer(route, view.language))
    page.goto(f"{ORIGIN}/state/{state}")
    page.evaluate("document.fonts.ready")
    yield page
    context.close()


def _note(page: Page, message: ConsoleMessage) -> None:
    if message.type in ("error", "warning"):
        page.complaints.append(message.text)


def _answer(route: Route, language: str) -> None:
    path = urlsplit(route.request.url).path
    if path.startswith(PATHS["static"]):
        file = STATIC / path.removeprefix(PATHS["static"])
        route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])
        return
    template, values = STATES[path.removeprefix("/state/")]
    html = PAGES.render(template, language, other_language_url="/language/en", **values)
    route.fulfill(
        body=html, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY}
    )


def main(directory: Path, states: list[str]) -> None:
    """A picture of each state: small and wide, light and dark, Vietnamese and English."""
    directory.mkdir(parents=True, exist_ok=True)
    views = (View(), View("en", WIDE), View("vi", WIDE, "dark"), View("en", SMALL, "dark"))
    with chromium() as browser:
        for state in states or STATES:
            for view in views:
                with shown(browser, state, view) as page:
                    page.screenshot(path=directory / f"{state}-{view}.png", full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
