"""A file stays under 300 lines and a function under 40; past that it has become a second thing.

Tests of one specification or one room stay together, however many it has.
"""

import ast

from tests.architecture.sources import ROOT, modules

FILE_LINES = 300
TEST_LINES = 900
FUNCTION_LINES = 40


def test_every_file_stays_under_300_lines():
    lines = {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name, _ in modules()}

    assert {name: count for name, count in lines.items() if count >= _limit(name)} == {}


def test_every_function_stays_under_40_lines_its_docstring_aside():
    lengths = {
        f"{name}:{node.lineno} {node.name}": _lines_of_code(node)
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert {where: count for where, count in lengths.items() if count >= FUNCTION_LINES} == {}


def _limit(name):
    return TEST_LINES if name.startswith("tests/") else FILE_LINES


def _lines_of_code(function):
    first = function.body[0]
    docstring = first.end_lineno - first.lineno + 1 if ast.get_docstring(function) is not None else 0
    return function.end_lineno - function.lineno + 1 - docstring
