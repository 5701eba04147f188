"""JSON logs and counts. A log line is one line whatever was put into it, and holds no secret.

Logs are for operators and may be lost; what must not be lost is an audit event.
"""

import json
import logging
import os
import re
import threading
import traceback
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from idp.audit.events import ALARMS
from idp.audit.log import Entry

HIDDEN = "[hidden]"
DEPTH = 6  # of values within values; deeper ones are hidden
LARGEST = 10**9  # of whole numbers: an identity number without its zeros is larger
SHORTEST = 9  # characters of a text that could hold anything unfit
STANDARD_OUTPUT = 1

# A key is told by its words: ``client_secret`` is hidden, ``status_code`` is not.
_SECRET_WORDS = frozenset({
    "password", "passphrase", "secret", "token", "tokens", "code", "otp", "pin", "cookie", "cookies",
    "authorization", "assertion", "number", "phone", "email", "verifier", "nonce", "state", "seal", "private",
})  # fmt: skip
_OPEN_KEYS = frozenset({"kid", "reference", "request_id"})
_CODE_KEYS = frozenset({"code", "error_code"})
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_UNFIT = re.compile(
    "|".join((
        r"-----BEGIN [\s\S]*?(?:-----END[^-]*-----|$)",
        r"\[parameters: [^\n]*",  # what a statement that failed was given
        r"(?i:bearer|basic|dpop) [\w.~+/=-]{8,}",
        r"eyJ[\w-]+\.[\w.-]+",
        # 160 random bits and more. Without capitals and digits it is a name, such as one in a traceback.
        rf"(?<![\w-])(?!{_UUID}(?![\w-]))(?=[\w-]*[A-Z0-9])[\w-]{{27,}}",
        # Identity numbers, run together or in threes, and telephones.
        r"(?<!\d)\d{12,}",
        r"(?<!\d)\d{3}([ -])\d{3}\1\d{3}\1\d{3}(?!\d)",
        r"(?:\+84|(?<!\d)0)\d{9}(?!\d)",
    )),
    re.ASCII,
)  # fmt: skip
# What every unfit text has. Looked for first, for most texts have none of it.
_SUSPECT = re.compile(r"[\w-]{27}|\d{9}|\d[ -]\d{3}[ -]|eyJ|-----|\[param|(?i:bearer|basic|dpop) ", re.ASCII)
_ID = re.compile(r"(?!\d+$)[\w-]{1,64}", re.ASCII)
_CODE_WORD = re.compile(r"[a-z]+(?:_[a-z]+)*", re.ASCII)
_write_json = json.JSONEncoder(separators=(",", ":")).encode


def configure_logging(path: Path | None, level: str = "info") -> None:
    """Send all logs of this process to a file or, without ``path``, to standard output.

    Lines are appended whole, so that several processes may share the file. Of other libraries' logs only
    warnings are kept.

    Raises:
        OSError: the file cannot be written.
    """
    threshold = logging.getLevelNamesMapping()[level.upper()]
    _output.sink, _output.threshold = _Sink(path), threshold
    logging.basicConfig(
        handlers=[_FromOthers(_output.sink)], level=max(threshold, logging.WARNING), force=True
    )


@dataclass(frozen=True, slots=True)
class Logger:
    """Writes lines that carry their source; events are code words: ``info("key_rotated", kid=...)``.

    Facts that look like secrets are hidden; ``exc_info`` becomes a traceback on the one line.
    """

    source: str

    def info(self, event: str, **facts: Any) -> None:
        if _output.threshold <= logging.INFO:
            self._write("info", event, facts)

    def warning(self, event: str, **facts: Any) -> None:
        if _output.threshold <= logging.WARNING:
            self._write("warning", event, facts)

    def error(self, event: str, **facts: Any) -> None:
        if _output.threshold <= logging.ERROR:
            self._write("error", event, facts)

    def _write(self, level: str, event: str, facts: dict[str, Any]) -> None:
        if (error := facts.pop("exc_info", None)) is not None:
            facts["exception"] = "".join(traceback.format_exception(error))
        if (request := _request.get()) is not None:
            facts = {"request_id": request, **facts}
        _output.sink.write(_line(level, {**facts, "source": self.source, "event": event}))


def get_logger(name: str) -> Logger:
    """The logger of a source."""
    return Logger(name)


def begin_request(request_id: str) -> None:
    """From now on every line this thread logs carries the request's id."""
    _request.set(request_id)


def request_id() -> str:
    """What this thread's lines carry now; empty outside a request."""
    return _request.get() or ""


def request_line(
    *,
    method: str,
    route: str | None,
    status: int,
    milliseconds: float,
    address: str | None = None,
    client_id: str | None = None,
    error: str | None = None,
) -> None:
    """The one line of a request that was answered.

    Args:
        route: the rule that matched, never the path or the query; ``None`` when none did.
        error: code word of what was refused.
    """
    if _output.threshold > logging.INFO:
        return
    # Written for every request: only what comes from outside is looked through.
    line = _begun("info") | {
        "request_id": _request.get(),
        "method": _fit(method, 0),
        "route": route,
        "status": status,
        "milliseconds": round(milliseconds, 2),
        "source": "idp.requests",
        "event": "request",
    }
    told = {"address": address, "client_id": client_id, "error": error}
    line.update({name: _fit(value, 0) for name, value in told.items() if value is not None})
    _output.sink.write(_encoded(line))


def log_alarm(entry: Entry) -> None:
    """Log an audit event that someone should look at today; a listener of the audit log."""
    if entry.event in ALARMS:
        get_logger("idp.audit").warning(
            "alarm",
            audit_event=str(entry.event),
            account_id=entry.account_id and str(entry.account_id),
            client_id=entry.client_id,
            facts=dict(entry.facts),
        )


class Counters:
    """How often each audit event happened in this process since it began."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def count(self, entry: Entry) -> None:
        """Add one; a listener of the audit log."""
        with self._lock:
            self._counts[entry.event] += 1

    def snapshot(self) -> dict[str, int]:
        """The counts by event."""
        with self._lock:
            return {str(event): times for event, times in self._counts.items()}

    def exposition(self) -> str:
        """The counts in the text format that Prometheus reads."""
        lines = [
            f'idp_events_total{{event="{event}"}} {times}' for event, times in sorted(self.snapshot().items())
        ]
        return "\n".join(("# TYPE idp_events_total counter", *lines, ""))


class _Sink:
    """Appends whole lines to a file or to standard output. A full disk costs lines, not answers."""

    def __init__(self, path: Path | None) -> None:
        self._is_file = path is not None
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = STANDARD_OUTPUT if path is None else os.open(path, flags, 0o640)

    def write(self, line: bytes) -> None:
        with suppress(OSError):
            os.write(self._descriptor, line)

    def close(self) -> None:
        if self._is_file:
            os.close(self._descriptor)


class _FromOthers(logging.Handler):
    """Lines of libraries that log through Python's own ``logging``."""

    def __init__(self, sink: _Sink) -> None:
        super().__init__()
        self._sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        told: dict[str, Any] = {"event": record.getMessage(), "source": record.name}
        if record.exc_info:
            told["exception"] = "".join(traceback.format_exception(*record.exc_info))
        self._sink.write(_line(record.levelname.lower(), told))

    def close(self) -> None:
        self._sink.close()
        super().close()


@dataclass(slots=True)
class _Output:
    """Where the lines of this process go, and from which gravity on."""

    sink: _Sink
    threshold: int


# Logging is the process's own: it begins with standard output, before anybody has read the settings.
_output = _Output(_Sink(None), logging.INFO)
_request: ContextVar[str | None] = ContextVar("request", default=None)


def _line(level: str, told: Mapping[str, Any]) -> bytes:
    begun = _begun(level)
    return _encoded(begun | _fit_members(told, DEPTH) | begun)


def _begun(level: str) -> dict[str, Any]:
    return {"timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level}


def _encoded(line: Mapping[str, Any]) -> bytes:
    """One line of JSON in ASCII: whatever would break or forge a line is escaped."""
    return (_write_json(line) + "\n").encode()


def _fit_members(told: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    return {str(name): _fit_member(str(name), value, depth) for name, value in told.items()}


def _fit_member(name: str, value: Any, depth: int) -> Any:
    if name in _OPEN_KEYS and isinstance(value, str) and _ID.fullmatch(value):
        return value
    if name == "status_code" or (
        name in _CODE_KEYS and isinstance(value, str) and _CODE_WORD.fullmatch(value)
    ):
        return _fit(value, depth)  # an error's code word, not an authorization code
    return HIDDEN if _is_secret(name) else _fit(value, depth)


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return not _SECRET_WORDS.isdisjoint(name.lower().replace("-", "_").split("_"))


def _fit(value: Any, depth: int) -> Any:
    """The value without what must not be logged."""
    if isinstance(value, str):
        is_suspect = len(value) >= SHORTEST and _SUSPECT.search(value)
        return _UNFIT.sub(HIDDEN, value) if is_suspect else value
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < LARGEST else HIDDEN
    if depth == 0:
        return HIDDEN
    if isinstance(value, Mapping):
        return _fit_members(value, depth - 1)
    if isinstance(value, list | tuple | set | frozenset):
        return [_fit(part, depth - 1) for part in value]
    return _fit(repr(value), depth)
