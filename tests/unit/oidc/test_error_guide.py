"""The guide to errors keeps step with the errors there are, and every error teaches."""

import ast
import re

from authlib.oauth2 import OAuth2Error

from idp.oidc.error_guide import GUIDE, catalogue
from idp.oidc.errors import SHOWN, OAuthError, came
from idp.signin.next_step import SILENT
from tests.architecture.sources import ROOT, modules

# Codes of pages alone, or of the wire under another name.
TOLD_OTHERWISE = dict.fromkeys(
    ("account_locked", "mandate_limit", "mandate_missing", "mandate_over"), "access_denied"
)


def test_the_page_of_errors_is_in_step():
    """If it fails: ``python -m idp.oidc.error_guide docs/errors.md``."""
    assert (ROOT / "docs/errors.md").read_text(encoding="utf-8") == catalogue()


def test_every_error_there_is_stands_in_the_guide_and_no_other():
    kinds = {TOLD_OTHERWISE.get(kind.code, kind.code) for kind in _kinds(OAuthError)}
    named = {code for code, _ in SILENT.values()} | set(_named_in_calls())

    assert kinds | named | {"server_error", "temporarily_unavailable"} == set(GUIDE)


def test_every_example_is_a_description_of_ours():
    ours = _texts()

    assert [code for code, advice in GUIDE.items() if not any(advice.example in text for text in ours)] == []


def test_what_authlib_says_is_said_in_our_words():
    said = {
        "Missing 'code' in request.": "code: missing",
        "The client is not authorized to use 'grant_type=client_credentials'": (
            "this client is not registered for client_credentials"
        ),
        "something new": "something new",
    }
    for theirs, ours in said.items():
        error = OAuth2Error(description=theirs)
        error.error = "invalid_request"
        assert OAuthError.of(error).description == ours


def test_what_came_is_cut_short_and_cannot_leave_its_field():
    sent = '9"\r\n' + "x" * 500
    description = OAuthError("max_age: expected a number" + came(sent)).description

    assert len(description) <= len("max_age: expected a number; came ") + SHOWN
    assert not set(description) & {'"', "\r", "\n"}


def _kinds(kind):
    yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)


def _named_in_calls():
    """The codes in ``OAuthError("description", "code")``, and in what registration refuses."""
    for name, tree in modules():
        if not name.startswith("idp/"):
            continue
        for node in ast.walk(tree):
            is_ours = isinstance(node, ast.Call) and getattr(node.func, "id", None) == "OAuthError"
            if is_ours and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                yield node.args[1].value
    carriage = (ROOT / "idp/oidc/authorization/carriage.py").read_text(encoding="utf-8")
    assert 'f"{name}_not_supported"' in carriage
    yield from ("request_not_supported", "request_uri_not_supported")
    registration = (ROOT / "idp/oidc/clients/registration.py").read_text(encoding="utf-8")
    yield from re.findall(r'"(invalid_(?:redirect_uri|client_metadata))"', registration)


def _texts():
    return [
        node.value
        for name, tree in modules()
        if name.startswith("idp/") and name != "idp/oidc/error_guide.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
