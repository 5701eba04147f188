"""Which test shows which requirement, by the tests' ``spec`` marks. ``docs/coverage.md`` is made here."""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TITLES = {
    "OIDC Core": "OpenID Connect Core 1.0",
    "Discovery": "OpenID Connect Discovery 1.0",
    "OIDC Registration": "OpenID Connect Dynamic Client Registration 1.0",
    "RP-Initiated Logout": "OpenID Connect RP-Initiated Logout 1.0",
    "Back-Channel Logout": "OpenID Connect Back-Channel Logout 1.0",
    "Front-Channel Logout": "OpenID Connect Front-Channel Logout 1.0",
    "Session Management": "OpenID Connect Session Management 1.0",
    "Form Post Response Mode": "OAuth 2.0 Form Post Response Mode",
    "JARM": "JWT Secured Authorization Response Mode (JARM)",
    "CIBA Core": "OpenID Connect Client-Initiated Backchannel Authentication 1.0",
    "FAPI-CIBA": "FAPI: Client Initiated Backchannel Authentication Profile",
    "FAPI 2.0 Security Profile": "FAPI 2.0 Security Profile",
    "FAPI 2.0 Message Signing": "FAPI 2.0 Message Signing",
    "IDA": "OpenID Identity Assurance 1.0",
    "RFC 6749": "RFC 6749: OAuth 2.0",
    "RFC 6750": "RFC 6750: Bearer tokens",
    "RFC 7009": "RFC 7009: Token revocation",
    "RFC 7516": "RFC 7516: JSON Web Encryption",
    "RFC 7517": "RFC 7517: JSON Web Key",
    "RFC 7518": "RFC 7518: JSON Web Algorithms",
    "RFC 7519": "RFC 7519: JSON Web Token",
    "RFC 7523": "RFC 7523: JWT client authentication",
    "RFC 7591": "RFC 7591: Client registration",
    "RFC 7592": "RFC 7592: Client registration management",
    "RFC 7636": "RFC 7636: PKCE",
    "RFC 7662": "RFC 7662: Token introspection",
    "RFC 8252": "RFC 8252: Native apps",
    "RFC 8414": "RFC 8414: Server metadata",
    "RFC 8628": "RFC 8628: Device grant",
    "RFC 8693": "RFC 8693: Token exchange",
    "RFC 8705": "RFC 8705: Mutual TLS",
    "RFC 8707": "RFC 8707: Resource indicators",
    "RFC 8725": "RFC 8725: JWT best current practice",
    "RFC 9068": "RFC 9068: JWT access tokens",
    "RFC 9101": "RFC 9101: Signed requests (JAR)",
    "RFC 9126": "RFC 9126: Pushed requests (PAR)",
    "RFC 9207": "RFC 9207: Issuer identification",
    "RFC 9396": "RFC 9396: Rich authorization requests",
    "RFC 9449": "RFC 9449: DPoP",
    "RFC 9470": "RFC 9470: Step-up authentication",
    "RFC 9700": "RFC 9700: OAuth security best current practice",
    "RFC 9701": "RFC 9701: JWT introspection responses",
}
_ALIASES = (
    (re.compile(r"^OpenID Connect Core|^OIDC Core"), "OIDC Core"),
    (re.compile(r"^OpenID Connect (Discovery|RP-Initiated Logout)"), r"\1"),
    (re.compile(r"^OIDC Discovery"), "Discovery"),
    (re.compile(r"^IDA Schema"), "IDA"),
    (re.compile(r"^CIBA(?! Core)"), "CIBA Core"),
)


@dataclass(frozen=True, slots=True, order=True)
class Shown:
    """One requirement, as the name of its test says it."""

    section: tuple[str, ...]
    told: str
    requirement: str
    test: str


def coverage() -> str:
    """The page ``docs/coverage.md``."""
    found: dict[str, set[Shown]] = defaultdict(set)
    for name, shown in _all():
        found[name].add(shown)
    order = {name: place for place, name in enumerate(TITLES)}
    parts = []
    for name in sorted(found, key=lambda name: (order.get(name, len(order)), name)):
        rows = "\n".join(f"| {one.told} | {one.requirement} | `{one.test}` |" for one in sorted(found[name]))
        parts.append(
            f"## {TITLES.get(name, name)}\n\n"
            f"| section | what holds | shown by |\n| --- | --- | --- |\n{rows}\n"
        )
    return (
        "# Coverage by specification\n\n"
        "Made from the tests' `spec` marks by `python -m tests.specifications docs/coverage.md`; a test "
        "keeps the two in step. What holds is the name of the test that shows it.\n\n" + "\n".join(parts)
    )


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


def _key(section: str) -> tuple[str, ...]:
    return tuple(f"{int(part):04d}" if part.isdigit() else part for part in re.split(r"[.\s]", section))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(coverage(), encoding="utf-8")
