"""What the project stands on is locked, may be shipped, and is explained."""

import importlib.metadata
import re
import tomllib

from tests.architecture.sources import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = ("requirements.lock", "requirements-test.lock")
STRONG_COPYLEFT = re.compile(r"\bA?GPL|GNU (Affero )?General Public", re.IGNORECASE)


def test_every_direct_dependency_is_locked():
    runtime, everything = (_locked(name) for name in LOCKS)

    assert _names(PROJECT["dependencies"]) - runtime == set()
    assert _names(PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]) - everything == set()


def test_both_locks_agree_where_they_overlap():
    runtime, everything = (_pins(name) for name in LOCKS)

    assert {name: everything.get(name) for name in runtime} == runtime


def test_locks_carry_hashes_and_no_address():
    for name in LOCKS:
        text = (ROOT / name).read_text(encoding="utf-8")

        assert "://" not in text
        assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=[a-z0-9])", text)[1:])


def test_no_locked_package_is_under_the_gpl():
    # LGPL libraries, used unmodified and apart, may stay: docs/dependencies.md names them.
    refused = {}
    for distribution in importlib.metadata.distributions():
        licence = _licence(distribution)
        if _canonical(distribution.name) in _locked("requirements-test.lock") and not _is_free_of_gpl(
            licence
        ):
            refused[distribution.name] = licence

    assert refused == {}


def test_every_direct_dependency_is_explained():
    page = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8").lower()
    direct = _names(PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"])

    assert {name for name in direct if f"| {name} |" not in page} == set()


def _licence(distribution):
    """As its metadata say, else the head of the licence's own text; empty when nobody says."""
    metadata = distribution.metadata
    expression = metadata.get("License-Expression")
    classifiers = [line for line in metadata.get_all("Classifier", []) if line.startswith("License ::")]
    text = "".join(
        distribution.read_text(f"licenses/{name}") or "" for name in metadata.get_all("License-File", [])
    )
    return expression or " OR ".join(classifiers) or metadata.get("License") or text[:200]


def _is_free_of_gpl(licence):
    """There is a licence, and some alternative of it is not strong copyleft."""
    return licence != "" and any(not STRONG_COPYLEFT.search(choice) for choice in licence.split(" OR "))


def _names(requirements):
    return {_canonical(re.split(r"[\[<>=!~; ]", requirement)[0]) for requirement in requirements}


def _locked(name):
    return set(_pins(name))


def _pins(name):
    pins = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    return {_canonical(package): version for package, version in pins}


def _canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()
