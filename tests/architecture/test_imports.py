"""The house stands as the design says: imports point one way, and Numba stays below its door."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINE = ["zk", "circuits", "settlement", "prover"]
FILES = sorted(path for package in LINE for path in (ROOT / package).rglob("*.py"))


def imported_modules(path: Path, top_level_only: bool = False) -> set[str]:
    """Dotted names that a file imports, those inside functions included unless told otherwise."""
    tree = ast.parse(path.read_text("utf-8"))
    nodes = tree.body if top_level_only else ast.walk(tree)
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} uses a relative import"
            assert all(alias.name != "*" for alias in node.names), f"{path} imports *"
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def roots(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_left(path):
    place = LINE.index(path.relative_to(ROOT).parts[0])
    assert not roots(imported_modules(path)) & set(LINE[place + 1 :])
    assert "tests" not in roots(imported_modules(path))


def test_records_imports_nothing_of_ours():
    assert not roots(imported_modules(ROOT / "circuits" / "records.py")) & set(LINE)


def test_reference_twins_import_nothing_of_ours():
    for path in (ROOT / "tests" / "reference").glob("*.py"):
        assert not roots(imported_modules(path)) & set(LINE), path


def test_numba_is_imported_below_its_door_only():
    """zk/jit owns the decorator; words and vectors need its types and LLVM's; `width` asks which CPU LLVM sees."""
    importers = {
        str(path.relative_to(ROOT)) for path in FILES if roots(imported_modules(path)) & {"numba", "llvmlite"}
    }
    names = ("bounds", "columns", "fp2_lanes", "inversion", "limbs", "loose", "moves", "products", "vector", "wide")
    fields = {f"zk/fields/{name}.py" for name in names}
    assert importers == {"zk/jit.py", "zk/width.py"} | fields


def kernel_modules() -> set[str]:
    """Dotted names of the modules that load Numba when imported, found by following top-level imports."""
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in FILES}
    imports = {name: imported_modules(path, top_level_only=True) for name, path in names.items()}
    loaded = {"zk.jit"}
    while True:
        more = {n for n, targets in imports.items() if n not in loaded and any(
            target == known or target.startswith(known + ".") for target in targets for known in loaded)}  # fmt: skip
        if not more:
            return loaded
        loaded |= more


def test_only_zk_loads_numba_when_imported():
    assert {name for name in kernel_modules() if not name.startswith("zk.")} == set()


def test_a_module_that_would_load_numba_is_noticed():
    assert "zk.fields.fp" in kernel_modules() and "zk.errors" not in kernel_modules()
