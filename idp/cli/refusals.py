"""What the command says when something stands in the way: one line, and what to do."""

from collections.abc import Callable
from typing import Any

from idp.cli.house import NotCurrent
from idp.demo.code import NobodyOfThatName, NoCodeSent, NotShown
from idp.demo.prepare import CastLost
from idp.demo.run import FolderInUse, NotReady
from idp.kernel.errors import Corrupt, IdpError, Unavailable
from idp.serving import CertificateUnusable, PortTaken
from idp.settings import Misconfigured

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
    Unavailable: lambda error: f"unavailable: {error.what} does not answer",
    Corrupt: lambda error: f"corrupt: {error.what}",
    IdpError: lambda error: " ".join(
        [error.code, *(f"{name}={value}" for name, value in error.facts().items())]
    ),
    OSError: lambda error: f"{error.filename or ''}: {error.strerror or error}".removeprefix(": "),
}


def told(error: Exception) -> str | None:
    """The line for an error that is no mistake in the program; ``None`` for one that is."""
    kind = next((kind for kind in SENTENCES if isinstance(error, kind)), None)
    return SENTENCES[kind](error) if kind else None
