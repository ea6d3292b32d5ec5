"""A file that declares commands imports no work: each command imports one `…_run` module when it runs."""

import ast
from pathlib import Path

from tests.architecture.tree import ROOT, relative, syntax

DECLARATIONS = sorted(path for path in (ROOT / "prover" / "cli").rglob("*.py") if not path.stem.endswith("_run"))


def work_imports(path: Path) -> dict[str, list[str]]:
    """For each command of a file, the modules it imports inside its body, except a single `…_run`."""
    imports = {}
    for function in (node for node in ast.walk(syntax(path)) if isinstance(node, ast.FunctionDef)):
        if any("command(" in ast.unparse(decorator) for decorator in function.decorator_list):
            nodes = (node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom))
            names = [alias.name for node in nodes for alias in node.names]
            if names and not (len(names) == 1 and names[0].endswith("_run")):
                imports[function.name] = names
    return imports


def test_a_command_imports_one_run_module_and_nothing_else():
    assert {relative(path): imports for path in DECLARATIONS if (imports := work_imports(path))} == {}
