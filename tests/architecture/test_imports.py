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


def test_records_imports_only_the_domain_tags_which_import_nothing():
    records = imported_modules(ROOT / "circuits" / "records.py")
    assert {name for name in records if name.split(".")[0] in LINE} == {"zk.domains"}
    assert imported_modules(ROOT / "zk" / "domains.py") == set()


def test_reference_twins_import_nothing_of_ours():
    for path in (ROOT / "tests" / "reference").glob("*.py"):
        assert not roots(imported_modules(path)) & set(LINE), path


def test_numba_is_imported_below_its_door_only():
    """runtime.jit owns the decorator; words and vectors need its types and LLVM's; `cpu` asks which CPU LLVM sees."""
    importers = {
        str(path.relative_to(ROOT)) for path in FILES if roots(imported_modules(path)) & {"numba", "llvmlite"}
    }
    names = ("accumulator", "bounds", "fp2_lanes", "inversion", "lanes", "limbs52", "memory", "redundant", "simd", "words")
    fields = {f"zk/fields/{name}.py" for name in names}
    assert importers == {f"zk/runtime/{name}.py" for name in ("cpu", "jit", "kernelcache")} | fields


def kernel_modules() -> set[str]:
    """Dotted names of the modules that load Numba when imported, found by following top-level imports."""
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in FILES}
    imports = {name: imported_modules(path, top_level_only=True) for name, path in names.items()}
    loaded = {"zk.runtime.jit"}
    while True:
        more = {n for n, targets in imports.items() if n not in loaded and any(
            target == known or target.startswith(known + ".") for target in targets for known in loaded)}  # fmt: skip
        if not more:
            return loaded
        loaded |= more


def test_only_zk_loads_numba_when_imported():
    """The exercises load all kernels: that is their purpose, and only functions import them."""
    assert {name for name in kernel_modules() if not name.startswith("zk.")} == {"prover.upkeep.exercises"}


def test_a_module_that_would_load_numba_is_noticed():
    assert "zk.fields.fp" in kernel_modules() and "zk.errors" not in kernel_modules()


def rooms() -> dict[str, str]:
    """The room of every module: its folder, or for a file directly in a package the file itself."""
    names = {path: path.relative_to(ROOT).with_suffix("").parts for path in FILES}
    return {".".join(parts): ".".join(parts if len(parts) == 2 else parts[:-1]) for parts in names.values()}


def arrows(place: dict[str, str]) -> dict[str, set[str]]:
    """Which places import which others, imports inside functions included; `place` says where a module belongs."""
    leading: dict[str, set[str]] = {name: set() for name in place.values()}
    for path in FILES:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for target in imported_modules(path):
            module = next((known for known in (target, target.rpartition(".")[0]) if known in place), None)
            if module and place[module] != place[name]:
                leading[place[name]].add(place[module])
    return leading


def circles(leading: dict[str, set[str]]) -> dict[str, set[str]]:
    """What is left when places that nothing leads to, or that lead nowhere, are taken away again and again."""
    while True:
        reached = set().union(*leading.values())
        kept = {name: targets & leading.keys() for name, targets in leading.items() if name in reached and targets}
        if kept == leading:
            return leading
        leading = kept


def test_there_is_no_circle_between_files():
    assert circles(arrows({name: name for name in rooms()})) == {}


def test_there_is_no_circle_between_folders():
    assert circles(arrows(rooms())) == {}


def test_a_circle_is_noticed():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}).keys() == {"b", "c"}


def test_groth16_reads_no_files():
    for path in (ROOT / "zk" / "groth16").glob("*.py"):
        assert not any(name.startswith("zk.formats") for name in imported_modules(path)), path
