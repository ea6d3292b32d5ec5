"""Imports point one way, form no circle, and keep Numba out of everything but zk."""

import ast

from tests.architecture.tree import PACKAGES, ROOT, SOURCES, imports_of, module, relative, roots, syntax


def test_imports_are_absolute_and_never_take_everything():
    imports = [(path, node) for path in SOURCES for node in ast.walk(syntax(path)) if isinstance(node, ast.ImportFrom)]
    assert [relative(path) for path, node in imports if node.level or node.names[0].name == "*"] == []


def test_imports_point_left_and_never_to_tests():
    offenders = []
    for path in SOURCES:
        package = path.relative_to(ROOT).parts[0]
        right = {*PACKAGES[PACKAGES.index(package) + 1 :], "tests"}
        if roots(imports_of(path)) & right:
            offenders.append(relative(path))
    assert offenders == []


def test_records_imports_only_the_domain_tags_which_import_nothing():
    records = imports_of(ROOT / "circuits" / "records.py")
    assert {name for name in records if name.split(".")[0] in PACKAGES} == {"zk.domains"}
    assert imports_of(ROOT / "zk" / "domains.py") == set()


def test_reference_twins_import_nothing_of_ours():
    twins = (ROOT / "tests" / "reference").glob("*.py")
    assert [relative(path) for path in twins if roots(imports_of(path)) & set(PACKAGES)] == []


def test_groth16_reads_no_files():
    readers = (path for path in (ROOT / "zk" / "groth16").glob("*.py"))
    assert [relative(path) for path in readers if any(name.startswith("zk.formats") for name in imports_of(path))] == []


def test_numba_is_imported_only_by_the_modules_that_need_its_types():
    """runtime.jit owns the decorators; words and vectors need Numba's and LLVM's types; `cpu` asks what LLVM sees."""
    importers = {relative(path) for path in SOURCES if roots(imports_of(path)) & {"numba", "llvmlite"}}
    lanes = "accumulator acrosslanes fp2_lanes lanes limbs52 redundant simd"
    fields = "bounds inversion memory views words"
    runtime = "cpu jit kernelcache linking".split()
    expected = {f"zk/fields/{name}.py" for name in f"{lanes} {fields}".split()}
    assert importers == expected | {f"zk/runtime/{name}.py" for name in runtime}


def kernel_modules() -> set[str]:
    """Dotted names of the modules that load Numba when imported, found by following top-level imports."""
    imports = {module(path): imports_of(path, top_level_only=True) for path in SOURCES}
    loaded = {"zk.runtime.jit"}
    while True:
        more = {n for n, targets in imports.items() if n not in loaded and any(
            target == known or target.startswith(known + ".") for target in targets for known in loaded)}  # fmt: skip
        if not more:
            return loaded
        loaded |= more


def test_only_zk_loads_numba_when_imported():
    """The exercises load all kernels, and ceremonies compute with them; only functions import these modules."""
    ceremonies = {f"prover.cli.circom.{name}_run" for name in ("powersoftau", "setup", "zkey", "zkeyexport")}
    assert {name for name in kernel_modules() if not name.startswith("zk.")} == {"prover.upkeep.exercises", *ceremonies}


def test_a_module_that_would_load_numba_is_noticed():
    assert "zk.fields.fp" in kernel_modules() and "zk.errors" not in kernel_modules()


def rooms() -> dict[str, str]:
    """The room of every module: its folder, or for a file directly in a package the file itself."""
    names = [path.relative_to(ROOT).with_suffix("").parts for path in SOURCES]
    return {".".join(parts): ".".join(parts if len(parts) == 2 else parts[:-1]) for parts in names}


def arrows(place: dict[str, str]) -> dict[str, set[str]]:
    """The places that each place imports, inside functions too; `place` maps every module to its place."""
    targets: dict[str, set[str]] = {name: set() for name in place.values()}
    for path in SOURCES:
        for target in imports_of(path):
            imported = next((known for known in (target, target.rpartition(".")[0]) if known in place), None)
            if imported and place[imported] != place[module(path)]:
                targets[place[module(path)]].add(place[imported])
    return targets


def circles(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """The rest of a graph after removing, again and again, places without incoming or without outgoing arrows."""
    while True:
        reached = set().union(*graph.values())
        rest = {name: targets & graph.keys() for name, targets in graph.items() if name in reached and targets}
        if rest == graph:
            return graph
        graph = rest


def test_there_is_no_circle_between_files():
    assert circles(arrows({name: name for name in rooms()})) == {}


def test_there_is_no_circle_between_folders():
    assert circles(arrows(rooms())) == {}


def test_a_circle_is_noticed():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}).keys() == {"b", "c"}
