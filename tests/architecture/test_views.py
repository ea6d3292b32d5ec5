"""A borrowed view holds no reference: a kernel may take one only of its parameters, or the array may be freed too soon.

A kernel that created an array and then rebound its name to a view would free the array.  Another thread could then use
the memory, which has corrupted the points of a ceremony in some runs.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def views_of_local_arrays(source: str) -> list[str]:
    """The functions that take a view of anything but one of their parameters."""
    offenders = []
    for function in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)):
        parameters = {argument.arg for argument in function.args.args}
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if ast.unparse(call.func) == "views.borrow" and ast.unparse(call.args[0]) not in parameters:
                offenders.append(function.name)
    return offenders


def test_views_are_taken_only_of_parameters():
    sources = [path.read_text("utf-8") for path in (ROOT / "zk").rglob("*.py")]
    assert sum("views.borrow(" in source for source in sources) >= 2
    assert [name for source in sources for name in views_of_local_arrays(source)] == []


def test_a_view_of_a_local_array_is_noticed():
    own = "def f(a):\n    b = np.empty(3)\n    a, b = views.borrow(a), views.borrow(b)\n"
    assert views_of_local_arrays(own) == ["f"]
