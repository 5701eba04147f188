"""What the architecture tests look at: the files of this repository, and their syntax trees."""

import ast
import functools
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
GENERATED = "idp/migrations/versions/"  # written by Alembic
CODE = ("idp", "clients", "tests")


@functools.cache
def tracked() -> tuple[Path, ...]:
    """Every file that is, or would be, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    paths = (ROOT / name.decode() for name in listed.split(b"\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


def modules(*rooms: str) -> Iterator[tuple[str, ast.Module]]:
    """Each Python file under ``rooms`` (by default all code): its path from the root, and its tree."""
    for path in tracked():
        relative = path.relative_to(ROOT)
        if str(relative).startswith(GENERATED):
            continue
        if path.suffix == ".py" and relative.parts[0] in (rooms or CODE):
            yield str(relative), ast.parse(path.read_text(encoding="utf-8"))
