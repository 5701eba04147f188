"""The documents keep step with the code."""

import re

from idp.settings import Settings
from tests.architecture.sources import ROOT, tracked
from tests.specifications import BESIDE, coverage, inventory, marks


def test_every_setting_is_documented_for_operators():
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")

    assert [name for name in Settings.model_fields if f"`IDP_{name.upper()}`" not in page] == []


def test_decisions_are_numbered_without_gap_and_have_three_parts():
    pages = sorted((ROOT / "docs/decisions").glob("*.md"))

    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        headings = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], page.name


def test_links_between_documents_lead_somewhere():
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in tracked()
        if path.suffix == ".md"
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]

    assert broken == []


def test_the_page_of_coverage_is_in_step():
    """If it fails: ``python -m tests.specifications docs/coverage.md``."""
    assert (ROOT / "docs/coverage.md").read_text(encoding="utf-8") == coverage()


def test_every_requirement_is_shown_by_a_test():
    """If it fails: write the test, mark it with the section, and name it in ``tests/requirements``."""
    found = marks()
    listed = [(one.name, each, found[one.name]) for one in inventory() for each in one.requirements]

    assert [f"{name} §{each.section}: {each.sentence}" for name, each, _ in listed if not each.tests] == []
    assert [
        f"{name} §{each.section}: {test} is no test with that mark"
        for name, each, marked in listed
        for test in each.unshown(marked)
    ] == []


def test_requirements_say_how_binding_they_are():
    levels = ("MUST", "SHALL", "REQUIRED", "SHOULD", "MAY")
    told = [each.sentence for one in inventory() for each in one.requirements]

    assert [sentence for sentence in told if not sentence.startswith(levels)] == []
    assert [one.name for one in inventory() if not one.requirements] == []


def test_marks_name_specifications_that_are_known():
    """If it fails: spell it as ``name`` in ``tests/requirements``, or add it to ``BESIDE``."""
    known = {one.name for one in inventory()} | set(BESIDE)

    assert sorted(set(marks()) - known) == []
