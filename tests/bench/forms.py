"""Finds the forms of a page, as a browser without JavaScript would."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

BUTTONS = ("submit", "image")
UNSENT = ("button", "reset", "file", *BUTTONS)


@dataclass(slots=True)
class Form:
    """One form: where it goes, what it would send, and the elements that tests know by id."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)  # name: value, as sent untouched
    names: dict[str, str] = field(default_factory=dict)  # id: name ("" when it has none)
    values: dict[str, str] = field(default_factory=dict)  # id: value

    def filled(self, answers: Mapping[str, str], button: str | None = None) -> dict[str, str]:
        """What is sent when the elements with these ids are filled in and ``button`` is pressed."""
        sent = self.fields | {
            self.names[name]: value for name, value in answers.items() if name in self.names
        }
        if button is not None and self.names.get(button):
            sent[self.names[button]] = self.values[button]
        return sent


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.ids: set[str] = set()
        self.inside: Form | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        has = {name for name, _ in attributes}
        if "id" in values:
            self.ids.add(values["id"])
        if tag == "form":
            self.inside = Form(values.get("action", ""), values.get("method", "get").upper())
            self.forms.append(self.inside)
        elif tag in ("input", "button", "textarea", "select"):
            self._element(tag, values, has)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = None

    def _element(self, tag: str, values: dict[str, str], has: set[str]) -> None:
        form = self.inside
        if "form" in values or form is None or "disabled" in has:
            return
        kind = values.get("type", "submit" if tag == "button" else "text")
        name, value = values.get("name", ""), values.get("value", "")
        if "id" in values:
            form.names[values["id"]], form.values[values["id"]] = name, value
        if not name or kind in UNSENT:
            return
        if kind in ("checkbox", "radio"):
            if "checked" in has:
                form.fields[name] = value or "on"
            return
        form.fields[name] = value


@dataclass(frozen=True, slots=True)
class Page:
    """The forms and element ids of a page."""

    forms: tuple[Form, ...]
    ids: frozenset[str]

    def form_with(self, *ids: str) -> Form | None:
        """The first form that holds an element with any of these ids."""
        return next((form for form in self.forms if any(name in form.names for name in ids)), None)


def read_page(body: bytes) -> Page:
    """Read an HTML page."""
    finder = _Finder()
    finder.feed(body.decode())
    return Page(tuple(finder.forms), frozenset(finder.ids))
