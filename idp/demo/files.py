"""Files that only their owner may read."""

import json
from pathlib import Path
from typing import Any


def write_private(path: Path, text: str) -> None:
    """A file whole or not at all, that only its owner may read."""
    beside = path.with_name(f"{path.name}.new")
    beside.touch(mode=0o600)
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def write_private_json(path: Path, value: Any) -> None:
    """``write_private``, for programs to read."""
    write_private(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")
