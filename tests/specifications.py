"""Which test shows which requirement: ``tests/requirements`` joined with the tests' ``spec`` marks.

``docs/coverage.md`` is made here. A requirement names its tests; each of them names the section by its mark.
"""

import ast
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ROOT / "tests/requirements"
BESIDE = {
    "Civil Code 91/2015": "Civil Code (Law 91/2015)",
    "Decree 69/2024": "Decree 69/2024",
    "FAPI 2.0 plans": "FAPI 2.0: modules of OpenID's test plans",
    "ICAO Doc 9303": "ICAO Doc 9303: Machine readable travel documents",
    "Law 91/2025": "Law 91/2025 on personal data protection",
    "OAuth 2.0 Multiple Response Types": "OAuth 2.0 Multiple Response Types",
    "RFC 6238": "RFC 6238: TOTP",
    "RFC 7515": "RFC 7515: JSON Web Signature",
    "RFC 7516": "RFC 7516: JSON Web Encryption",
    "RFC 7517": "RFC 7517: JSON Web Key",
    "RFC 7518": "RFC 7518: JSON Web Algorithms",
    "RFC 7519": "RFC 7519: JSON Web Token",
    "RFC 7638": "RFC 7638: JWK thumbprint",
    "RFC 8037": "RFC 8037: EdDSA in JOSE",
    "RFC 8176": "RFC 8176: Authentication method references",
    "RFC 9110": "RFC 9110: HTTP",
    "RFC 9440": "RFC 9440: Client certificates behind a proxy",
}
"""What tests name though it is no protocol of ours: shown, without an inventory."""

_ALIASES = (
    (re.compile(r"^OpenID Connect Core|^OIDC Core"), "OIDC Core"),
    (re.compile(r"^OpenID Connect (Discovery|RP-Initiated Logout)"), r"\1"),
    (re.compile(r"^OIDC Discovery"), "Discovery"),
    (re.compile(r"^IDA Schema"), "IDA"),
    (re.compile(r"^CIBA(?! Core)"), "CIBA Core"),
    (re.compile(r"^((?:Civil Code|Decree|Law) \S+) Art\."), r"\1"),
    (re.compile(r"^(ICAO Doc 9303).*"), r"\1"),
)


@dataclass(frozen=True, slots=True, order=True)
class Shown:
    """One test with a mark: what holds is the name of the test."""

    section: tuple[str, ...]
    told: str
    requirement: str
    test: str

    @property
    def line(self) -> str:
        return f"{self.requirement} (`{self.test}`)"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One sentence of a specification that binds us, in our own words, and the tests said to show it."""

    section: str
    sentence: str
    tests: tuple[str, ...]

    def shown_by(self, marked: Iterable[Shown]) -> list[Shown]:
        names = {name.replace("_", " ") for name in self.tests}
        return sorted(one for one in marked if one.requirement in names and _first(one.told) == self.section)

    def unshown(self, marked: Iterable[Shown]) -> list[str]:
        """Tests that it names and that do not name it."""
        held = {one.requirement for one in self.shown_by(marked)}
        return [name for name in self.tests if name.replace("_", " ") not in held]


@dataclass(frozen=True, slots=True)
class Specification:
    """One file of ``tests/requirements``."""

    name: str
    title: str
    left_out: tuple[str, ...]
    requirements: tuple[Requirement, ...]


def inventory() -> list[Specification]:
    """Every specification that is spoken, in the order of the files' names."""
    return [_read(path) for path in sorted(REQUIREMENTS.glob("*.toml"))]


def marks() -> dict[str, set[Shown]]:
    """The marked tests of each specification."""
    found: dict[str, set[Shown]] = defaultdict(set)
    for name, shown in _all():
        found[name].add(shown)
    return found


def coverage() -> str:
    """The page ``docs/coverage.md``."""
    found, specifications = marks(), inventory()
    return (
        "# Coverage by specification\n\n"
        "What the specifications ask of a provider (every MUST, SHALL, REQUIRED, some SHOULD; in our own "
        "words, from `tests/requirements`), and the tests that show it, by their `spec` marks. Made by "
        "`python -m tests.specifications docs/coverage.md`; tests keep both in step, and fail where a "
        "requirement has no test.\n\n"
        + _summary(specifications, found)
        + "\n"
        + "\n".join(_chapter(one, found[one.name]) for one in specifications)
        + "\n"
        + "\n".join(
            f"## {title}\n\n{_further(found[name])}" for name, title in BESIDE.items() if name in found
        )
    )


def _summary(specifications: list[Specification], found: dict[str, set[Shown]]) -> str:
    rows = []
    for one in specifications:
        shown = sum(bool(each.shown_by(found[one.name])) for each in one.requirements)
        tests = len({(each.requirement, each.test) for each in found[one.name]})
        anchor = re.sub(r"[^\w\- ]", "", one.title.lower()).replace(" ", "-")
        rows.append(f"| [{one.title}](#{anchor}) | {len(one.requirements)} | {shown} | {tests} |\n")
    return "| specification | requirements | shown | tests |\n| --- | --: | --: | --: |\n" + "".join(rows)


def _chapter(one: Specification, marked: set[Shown]) -> str:
    left_out = "".join(f"- Left out: {reason}\n" for reason in one.left_out)
    used = {shown for each in one.requirements for shown in each.shown_by(marked)}
    rows = "".join(
        f"| {each.section} | {each.sentence} | "
        f"{'<br>'.join(shown.line for shown in each.shown_by(marked)) or '**nothing**'} |\n"
        for each in one.requirements
    )
    parts = [
        f"## {one.title}\n",
        left_out,
        f"| section | the provider | shown by |\n| --- | --- | --- |\n{rows}",
    ]
    if further := marked - used:
        parts.append("Shown beside:\n\n" + _further(further))
    return "\n".join(part for part in parts if part)


def _further(marked: set[Shown]) -> str:
    rows = "".join(f"| {one.told} | {one.requirement} | `{one.test}` |\n" for one in sorted(marked))
    return f"| section | what holds | shown by |\n| --- | --- | --- |\n{rows}"


def _read(path: Path) -> Specification:
    """``name``, ``title``, ``left_out``, then a table for each section: sentence = tests."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    name, title, left_out = told.pop("name"), told.pop("title"), told.pop("left_out", [])
    requirements = (
        Requirement(section.removeprefix("§"), sentence, tuple(tests))
        for section, sentences in told.items()
        for sentence, tests in sentences.items()
    )
    return Specification(name, title, tuple(left_out), tuple(requirements))


def _all() -> Iterator[tuple[str, Shown]]:
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            for reference in _marks(node):
                name, section = _parsed(reference)
                requirement = node.name.removeprefix("test_").replace("_", " ")
                where = path.relative_to(ROOT / "tests").as_posix()
                yield name, Shown(_key(section), section, requirement, where)


def _marks(test: ast.FunctionDef) -> Iterator[str]:
    for decorator in test.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.spec":
            for argument in decorator.args:
                yield ast.literal_eval(argument)


def _parsed(reference: str) -> tuple[str, str]:
    name, sign, section = re.sub(r" [Aa]ppendix ", " §Appendix ", reference).partition(" §")
    if not sign:
        match = re.match(r"^(.*?) ([A-Z]?\d+(?:\.\d+)*)$", reference)
        is_number = match is not None and (match[1] != "RFC" and " " in reference)
        name, section = (match[1], match[2]) if match and is_number else (reference, "")
    name = name.removesuffix(" 1.0").strip()
    for pattern, replaced in _ALIASES:
        name = pattern.sub(replaced, name)
    return name.removesuffix(" 1.0"), section.strip()


def _first(section: str) -> str:
    """The section without what follows it: ``3 (7)`` is of ``3``."""
    return section if section.startswith("Appendix") else section.partition(" ")[0]


def _key(section: str) -> tuple[str, ...]:
    return tuple(f"{int(part):04d}" if part.isdigit() else part for part in re.split(r"[.\s]", section))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(coverage(), encoding="utf-8")
