"""A person at a screen: walks through the pages, and notes whatever the browser complains of."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect

from idp.accounts.phone import spaced_phone
from tests.browser.stage import View
from tests.browser.world import World
from tests.house import Person

# Set it to a folder to get a picture of every page that was looked at.
PICTURES = os.environ.get("BROWSER_PICTURES")
WAIT_MILLISECONDS = 20_000
BAD_REQUEST = 400
ABANDONED = "net::ERR_ABORTED"
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}}
expect.set_options(timeout=WAIT_MILLISECONDS)
AXE = Axe()  # reads its script once
# A key that no sentence was found for, a Python object, a template's hole.
RAW = re.compile(
    r"\{'|\{\"|\bNone\b|\bUndefined\b|datetime\.|\{\{|\b[a-z_]+\.[a-z_]+\.(?:title|label|text)\b"
)


@dataclass
class Walk:
    """One browser of one person, and the page before them."""

    world: World
    page: Page
    view: View
    has_script: bool
    complaints: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    def to_portal(self) -> None:
        """The portal's front page, in the walk's language."""
        self.page.goto(self.world.portal)
        if self.view.language == "en":
            self.page.locator(".language a[hreflang=en]").click()

    def to_provider(self, path: str) -> None:
        """A page of the provider's, in the walk's language."""
        if not self.page.url.startswith(self.world.issuer):
            self.page.goto(f"{self.world.issuer}/language/{self.view.language}")
        self.page.goto(self.world.issuer + path)

    def identify(self, person: Person, password: str | None = None) -> None:
        """Number and password."""
        self.page.locator("#username").fill(person.username)
        self.page.locator("#password").fill(password or person.password)
        self.press("#login-submit")

    def prove(self, code: str) -> None:
        self.page.locator("#otp").fill(code)
        self.press("#login-submit")

    def press(self, selector: str) -> None:
        """Press what leads to another page, and stand there."""
        with self.page.expect_navigation(wait_until="load"):
            self.page.locator(selector).click()

    def sign_in(self, person: Person, *, steps_ahead: int = 0) -> None:
        """From the sign-in page to wherever it was asked for."""
        self.identify(person)
        self.prove(person.code(steps_ahead))

    def code_from_outbox(self, account_id: UUID) -> str:
        """The last code sent to an account's phone, read from the outbox page in a tab of its own."""
        tab = self.page.context.new_page()
        tab.goto(self.world.outbox)
        entry = tab.locator("#messages .entry", has_text=spaced_phone(self.world.phone_of(account_id))).first
        found = re.search(r"(?<!\d)\d{6}(?!\d)", entry.locator(".text").inner_text())
        assert found is not None
        tab.close()
        return found.group()

    def look(self, name: str) -> None:
        """What every page must be: in the walk's language, inside the screen, accessible, in words."""
        page = self.page
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{PICTURES}/{name}-{self}.png", full_page=True)
        assert page.locator("html").get_attribute("lang") == self.view.language
        assert page.evaluate("document.documentElement.scrollWidth") <= self.view.width
        assert RAW.findall(page.locator("main").inner_text()) == []
        if self.has_script:  # axe needs it
            found = AXE.run(page, options=RULES)
            assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found.response["violations"]] == []

    def __str__(self) -> str:
        return f"{self.view}{'' if self.has_script else '-plain'}"

    def note_console(self, message: ConsoleMessage) -> None:
        # The status of a page that says what is wrong; answers are counted on their own.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def note_failure(self, request: Request) -> None:
        # An icon still on its way when the person goes on is given up, and nobody misses it.
        if request.failure != ABANDONED:
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def note_answer(self, response: Response) -> None:
        if response.status >= BAD_REQUEST and response.status not in self.expected:
            self.complaints.append(f"{response.status}: {response.url}")


@contextmanager
def walking(
    browser: Browser, world: World, view: View | None = None, *, has_script: bool = True
) -> Iterator[Walk]:
    """A browser that nobody used before. At the end, it must have complained of nothing."""
    view = view or View()
    context = browser.new_context(
        viewport={"width": view.width, "height": 760},
        color_scheme=view.scheme,
        reduced_motion="reduce",
        java_script_enabled=has_script,
        locale="vi-VN",
    )
    context.set_default_timeout(WAIT_MILLISECONDS)
    page = context.new_page()
    walk = Walk(world, page, view, has_script)
    context.on("console", walk.note_console)
    context.on("weberror", lambda error: walk.complaints.append(str(error.error)))
    context.on("requestfailed", walk.note_failure)
    context.on("response", walk.note_answer)
    try:
        yield walk
        assert walk.complaints == []
    finally:
        context.close()
