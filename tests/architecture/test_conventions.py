"""What docs/architecture.md asks of every file, where a machine can see it."""

import ast
import re
from pathlib import Path

from tests.architecture.sources import ROOT, modules, tracked

NOBODYS_ROOMS = {"utils", "util", "helpers", "common", "misc", "services", "managers"}
VENDORED = ("idp/web/static/", "clients/portal/static/")
# Spelled in two pieces, so that this file is not the first one found.
SECRETS = tuple(
    re.compile(pattern.encode())
    for pattern in (
        "-----BEGIN [A-Z ]*PRIVATE" + " KEY-----\n[A-Za-z0-9+/]",
        r'"kty"\s*:\s*"(EC|RSA|OKP)"[^}]*"d"' + r'\s*:\s*"[\w-]{20,}',
        r"IDP_[A-Z_]*(SECRET|KEY)=" + r"[\w+/-]{32,}",
    )
)


def test_no_file_or_folder_is_named_for_nothing():
    parts = {part for name, _ in modules() for part in Path(name).with_suffix("").parts}

    assert parts & NOBODYS_ROOMS == set()


def test_no_import_hides_inside_a_function():
    hidden = [
        f"{name}:{inner.lineno}"
        for name, tree in modules("idp", "clients")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]

    assert hidden == []


def test_no_circle_is_dodged_with_type_checking():
    dodging = [
        f"{name}:{node.lineno}"
        for name, tree in modules("idp", "clients")
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute)
        and (node.id if isinstance(node, ast.Name) else node.attr) == "TYPE_CHECKING"
    ]

    assert dodging == []


def test_every_module_says_what_it_is():
    silent = [name for name, tree in modules("idp", "clients") if ast.get_docstring(tree) is None]

    assert silent == []


def test_every_public_class_and_function_of_the_provider_says_what_it_is():
    silent = [
        f"{name}:{node.lineno} {node.name}"
        for name, tree in modules("idp")
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
        and not _is_a_named_constant(node)
        and not name.endswith("/rules.py")  # a rule's name is its sentence
    ]

    assert silent == []


def test_no_template_runs_script_or_style_of_its_own():
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
    templates = [path for path in tracked() if "templates" in path.parts and path.suffix == ".html"]

    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in templates
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if inline.search(line)
    ]

    assert found == []


def test_nothing_secret_is_committed():
    leaking = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if not str(path.relative_to(ROOT)).startswith((*VENDORED, "tests/vectors/"))
        and any(secret.search(path.read_bytes()) for secret in SECRETS)
    ]

    assert leaking == []


def test_no_key_or_database_is_committed():
    kept = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix in {".pem", ".key", ".db", ".sqlite", ".p12"}
    ]

    assert kept == []


def _is_a_named_constant(node):
    """``class InvalidGrant(OAuthError): code = "invalid_grant"`` says all there is to say."""
    return isinstance(node, ast.ClassDef) and all(isinstance(line, ast.Assign) for line in node.body)
