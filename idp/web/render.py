"""Pages, from templates compiled once. Knows no request."""

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.bccache import Bucket

from idp.web.i18n import LANGUAGES, Language, Sentences, say_day, say_moment

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"

# Where the templates' own links lead. The URL map says the same; a test keeps the two in step.
PATHS: Mapping[str, str] = {
    "front": "/",
    "activate": "/activate",
    "privacy": "/privacy",
    "help": "/help",
    "outbox": "/outbox",
    "static": "/static/",
    "sign_out": "/logout",
    "account": "/account",
    "security": "/account/security",
    "totp": "/account/totp",
    "password": "/account/password",
    "sessions": "/account/sessions",
    "consents": "/account/consents",
    "history": "/account/history",
}


class Pages:
    """Every page, ready in every language.

    Templates see besides their context: ``t`` (a sentence by its key), ``language``, ``provider_host``,
    ``paths``, ``static(path)``, ``day(date)``, ``moment(datetime)``. Text is escaped; a name that the caller
    forgot raises ``jinja2.UndefinedError`` instead of leaving a hole.
    """

    def __init__(self, sentences: Sentences, provider_host: str, paths: Mapping[str, str] = PATHS) -> None:
        addresses = _addresses(paths["static"])
        code = _CompiledOnce()
        self._templates: dict[tuple[str, str], Template] = {}
        for language in LANGUAGES:
            environment = _environment(code)
            environment.globals |= {
                "t": sentences.speaker(language),
                "language": language,
                "provider_host": provider_host,
                "paths": paths,
                "static": addresses.__getitem__,
                "day": partial(say_day, language),
                "moment": partial(say_moment, language),
                "other_language_url": None,
            }
            for name in environment.list_templates():
                self._templates[name, language] = environment.get_template(name)

    def render(self, template: str, language: Language, **context: object) -> str:
        """The HTML of ``template``, such as ``signin.html``; what it needs stands in its first lines."""
        return self._templates[template, language].render(context)


class _CompiledOnce(BytecodeCache):
    """Lets the environments of several languages share one compilation."""

    def __init__(self) -> None:
        self._code: dict[str, object] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get(bucket.key)  # type: ignore[assignment]

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.code


def in_threes(number: str) -> str:
    """Digits grouped for the eye, ``079 204 001 234``; anything else as it is."""
    digits = number.replace(" ", "")
    if not (digits.isascii() and digits.isdigit()):
        return number
    return " ".join(digits[start : start + 3] for start in range(0, len(digits), 3))


def in_fours(secret: str) -> str:
    """A secret to be typed by hand, in groups of four."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def _environment(code: BytecodeCache) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=code,
    )
    environment.filters |= {"threes": in_threes, "fours": in_fours}
    return environment


def _addresses(root: str) -> dict[str, str]:
    """Each static file's URL, with its content's hash, so that browsers may keep it for a year."""
    return {
        (name := path.relative_to(STATIC).as_posix()): f"{root}{name}?v={_hash(path)}"
        for path in sorted(STATIC.rglob("*"))
        if path.is_file()
    }


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
