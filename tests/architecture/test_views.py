"""A view of an array owns nothing: whoever makes one must have been given the array, or it may be gone too soon.

A kernel that made an array and then a view of it under the same name would let go of the array; its memory is then
another thread's, which has been seen to spoil a ceremony's points once in some runs.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def views_of_own_arrays(source: str) -> list[str]:
    """The functions that call `words.rows` of something else than one of their parameters."""
    found = []
    for function in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)):
        given = {argument.arg for argument in function.args.args}
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if ast.unparse(call.func) == "words.rows" and ast.unparse(call.args[0]) not in given:
                found.append(function.name)
    return found


def test_views_are_made_of_parameters():
    sources = [path.read_text("utf-8") for path in (ROOT / "zk").rglob("*.py")]
    assert sum("words.rows(" in source for source in sources) >= 2
    assert [name for source in sources for name in views_of_own_arrays(source)] == []


def test_a_view_of_an_own_array_is_noticed():
    own = "def f(a):\n    b = np.empty(3)\n    a, b = words.rows(a), words.rows(b)\n"
    assert views_of_own_arrays(own) == ["f"]
