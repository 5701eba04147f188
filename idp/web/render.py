"""Pages, from templates compiled once. Knows no request."""

import hashlib
import json
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.ext import Extension
from markupsafe import Markup

from idp.accounts.phone import spaced_phone
from idp.web.i18n import (
    LANGUAGES,
    Language,
    Sentences,
    say_amount,
    say_article,
    say_day,
    say_last_day,
    say_moment,
)

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"

# Where the templates' own links lead. The URL map says the same; a test keeps the two in step.
PATHS: Mapping[str, str] = {
    "front": "/",
    "activate": "/activate",
    "enrol": "/enrol",
    "enrol_citizen": "/enrol/citizen",
    "enrol_foreigner": "/enrol/foreigner",
    "enrol_status": "/enrol/status",
    "privacy": "/privacy",
    "help": "/help",
    "errors": "/errors",
    "outbox": "/outbox",
    "static": "/static/",
    "sign_out": "/logout",
    "account": "/account",
    "security": "/account/security",
    "totp": "/account/totp",
    "password": "/account/password",
    "sessions": "/account/sessions",
    "consents": "/account/consents",
    "requests": "/account/requests",
    "lock": "/account/lock",
    "identity": "/account/identity",
    "corrections": "/account/corrections",
    "level": "/account/level",
    "export": "/account/export",
    "mandates": "/account/mandates",
    "organisations": "/account/organisations",
    "organisation_form": "/account/organisations/new",
    "dependants": "/account/dependants",
    "dependant_form": "/account/dependants/new",
    "dependant_foreigner": "/account/dependants/new/foreigner",
    "history": "/account/history",
}

# What a User-Agent holds, the more telling marks first: every browser claims to be several others too.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("coc_coc", "Cốc Cốc"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
_PART = re.compile(r'\{% include "(parts/[^"]+)" %\}')
_CONSTANT_CALL = re.compile(r'\b(t|static|icon)\("([^"]+)"\)')
_CONSTANT_PATH = re.compile(r"\bpaths\.(\w+)")


class Pages:
    """Every page, ready in every language.

    Templates see besides their context: ``t`` (a sentence by its key), ``language``, ``provider_host``,
    ``paths``, ``static(path)``, ``icon(name)``, ``day(date)``, ``moment(datetime)``, ``last_day(datetime)``,
    ``law(article)``.
    Text is escaped; a name that the caller forgot raises ``jinja2.UndefinedError`` instead of leaving a hole.
    """

    def __init__(
        self,
        sentences: Sentences,
        provider_host: str,
        paths: Mapping[str, str] = PATHS,
        *,
        is_simulator: bool = False,
        has_requests: bool = True,
    ) -> None:
        self.static = _addresses(paths["static"]).__getitem__
        shared = {
            "paths": paths,
            "provider_host": provider_host,
            "static": self.static,
            "icon": _icons().__getitem__,
            "other_language_url": None,
            "is_simulator": is_simulator,
            "has_requests": has_requests,
        }
        self._templates: dict[tuple[str, str], Template] = {}
        for language in LANGUAGES:
            environment = _environment()
            environment.globals |= shared | {
                "t": sentences.speaker(language),
                "language": language,
                "day": partial(say_day, language),
                "moment": partial(say_moment, language),
                "last_day": partial(say_last_day, language),
                "law": partial(say_article, language),
                "amount": partial(say_amount, language),
            }
            for name in environment.list_templates(extensions=["html"]):
                self._templates[name, language] = environment.get_template(name)

    def render(self, template: str, language: Language, **context: object) -> str:
        """The HTML of ``template``, such as ``signin.html``; its first lines say what it needs."""
        return self._templates[template, language].render(context)


class Constants(Extension):
    """Puts what never changes into a template before it is compiled.

    Parts, sentences without values, icons and addresses then cost nothing when a page is rendered: most of
    the time that it takes without this.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        while _PART.search(source):
            source = _PART.sub(lambda match: _part(match[1]), source)
        source = _CONSTANT_CALL.sub(self._call, source)
        return _CONSTANT_PATH.sub(self._path, source)

    def _call(self, match: re.Match[str]) -> str:
        function, argument = match.groups()
        known: Mapping[str, Any] = self.environment.globals
        values = {"host": known["provider_host"]} if function == "t" else {}
        return _literal(known[function](argument, **values))

    def _path(self, match: re.Match[str]) -> str:
        known: Mapping[str, Any] = self.environment.globals
        return _literal(known["paths"][match[1]])


def in_threes(number: str) -> str:
    """Digits grouped for the eye, ``079 204 001 234``; anything else as it is."""
    digits = number.replace(" ", "")
    if not (digits.isascii() and digits.isdigit()):
        return number
    return " ".join(digits[start : start + 3] for start in range(0, len(digits), 3))


def in_fours(secret: str) -> str:
    """A secret to be typed by hand, in groups of four."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def browser(agent: str) -> str:
    """A browser as its owner calls it, ``Chrome, Windows``, from its User-Agent; empty where unknown.

    Only to be recognised by a person: nothing is decided by it.
    """
    names = [next((name for mark, name in marks if mark in agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in names if name)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=[Constants],
    )
    environment.filters |= {"threes": in_threes, "fours": in_fours, "phone": spaced_phone, "browser": browser}
    return environment


def _literal(value: str) -> str:
    """A template expression that is ``value``, safe HTML; the compiler folds it into the text around it."""
    return f"({json.dumps(value)}|safe)"


def _part(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8").strip()


def _icons() -> dict[str, Markup]:
    return {
        path.stem: Markup(path.read_text(encoding="utf-8").strip())  # noqa: S704 - our own files
        for path in (TEMPLATES / "icons").glob("*.svg")
    }


def _addresses(root: str) -> dict[str, str]:
    """Each static file's URL, with its content's hash, so that browsers may keep it for a year."""
    return {
        (name := path.relative_to(STATIC).as_posix()): f"{root}{name}?v={_hash(path)}"
        for path in sorted(STATIC.rglob("*"))
        if path.is_file()
    }


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
