"""What the command says when something stands in the way: one line for programs, and one for people."""

import os
from collections.abc import Callable
from functools import cache
from typing import Any

from idp.cli.house import NotCurrent
from idp.demo.code import NobodyOfThatName, NoCodeSent, NotShown
from idp.demo.prepare import CastLost
from idp.demo.run import FolderInUse, NotReady
from idp.kernel.errors import Corrupt, IdpError, NotFound, Unavailable
from idp.oidc.clients.checks import InvalidClientMetadata
from idp.registers.fields import Reason
from idp.serving import CertificateUnusable, PortTaken
from idp.settings import Misconfigured
from idp.web.i18n import Language, Sentences


def _named(error: IdpError) -> str:
    facts = (f"{name}={value}" for name, value in error.facts().items() if value not in ("", None))
    return " ".join([error.code, *facts])


SENTENCES: dict[type[Exception], Callable[[Any], str]] = {
    Misconfigured: lambda error: f"not started, settings at fault:\n{error}",
    NotCurrent: lambda _: "the database is not current: run `idp init`",
    PortTaken: lambda error: f"port {error.port} is taken: stop what listens there, or choose with --port",
    CertificateUnusable: lambda error: f"{error.chain}: not to be read, or not its key",
    FolderInUse: lambda error: f"a demonstration runs in {error.folder} already: choose another with --data",
    CastLost: lambda error: (
        f"the sample people are there, but {error.memory} with their passwords is gone: "
        "remove the folder, or choose another with --data"
    ),
    NotReady: lambda error: f"the {error.name} ended or does not answer; see {error.log}",
    NotShown: lambda error: f"no demonstration has run in {error.folder}: `idp demo`, or choose with --data",
    NobodyOfThatName: lambda error: f"nobody of that name; there are {', '.join(error.names)}",
    NoCodeSent: lambda _: "no code was sent by SMS yet: choose SMS on the page first",
    Unavailable: lambda error: (
        f"unavailable: {error}" + (" does not answer" if error.answered is None else "")
    ),
    NotFound: lambda error: f"not_found: {' '.join(error.args)}".removesuffix(": "),
    Corrupt: lambda error: f"corrupt: {error.what}",
    # No sentence: what pages say under this code is about a client at work that cannot get its answer.
    InvalidClientMetadata: _named,
    IdpError: _named,
    OSError: lambda error: f"{error.filename or ''}: {error.strerror or error}".removeprefix(": "),
}


def row_told(line: int, reason: Reason) -> str:
    """The line for a row of a file that was refused: for programs, and after that for people."""
    sentence = _sentences().say(_language(), f"errors.row_refused.{reason.value}.title")
    return f"line {line}: {reason.value}: {sentence}"


def told(error: Exception) -> str | None:
    """The line for an error that is no mistake in the program; ``None`` for one that is."""
    kind = next((kind for kind in SENTENCES if isinstance(error, kind)), None)
    if kind is None:
        return None
    line = SENTENCES[kind](error)
    if kind is IdpError and isinstance(error, IdpError) and not isinstance(error, NotFound):
        line = f"{line}\n{_explained(error, _language())}".rstrip()
    return line


def _explained(error: IdpError, language: Language) -> str:
    """What pages say of it; nothing where none does. A page that is not found is another matter."""
    sentences, facts = _sentences(), error.facts()
    known, said = sentences.keys(language), []
    for part in ("title", "happened", "todo"):
        keys = (f"errors.{error.code}.{facts.get('reason')}.{part}", f"errors.{error.code}.{part}")
        said += [str(sentences.say(language, key, **facts)) for key in keys if key in known][:1]
    return " ".join(f"{sentence.rstrip('.')}." for sentence in said)


@cache
def _sentences() -> Sentences:
    return Sentences()


def _language() -> Language:
    """The terminal's; English unless it says Vietnamese."""
    said = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "vi" if said.lower().startswith("vi") else "en"
