"""The tree is tidy: files have their agreed places, one idea and a docstring, and no rubbish."""

import ast
import re
import subprocess
import tomllib

import pytest

from tests.architecture.tree import PACKAGES, ROOT, SOURCES, TESTS, relative, syntax

AGREED = {*PACKAGES, "tests", "pyproject.toml", "README.md", "requirements.lock", "LICENSE"}
WIDTH = 120  # characters
LENGTH = 260  # lines

# One idea each, in more lines: straight kernels, one table of cases, one SQL statement for each method.
LONG = {
    "settlement/storage/sqlite.py",
    "zk/fields/fp2.py",
    "zk/msm/pointwise.py",
    "tests/circuits/test_audit.py",
    "tests/prover/cli/test_bench.py",
    "tests/prover/cli/test_ceremony.py",
    "tests/prover/cli/test_main.py",
    "tests/prover/service/test_service.py",
    "tests/settlement/ceremony/test_transcript.py",
    "tests/settlement/ceremony/test_verifying.py",
    "tests/settlement/bundles/test_encoding.py",
    "tests/settlement/test_engine.py",
    "tests/settlement/test_ledger.py",
    "tests/zk/ceremony/test_phase2.py",
    "tests/zk/ceremony/test_powers_of_tau_lies.py",
    "tests/zk/fields/test_tower.py",
}


def tracked() -> list[str]:
    """The files git tracks; skips where the tests run from something that is not a checkout."""
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode != 0:
        pytest.skip("this is not a git checkout, so there is no list of tracked files")
    return listing.stdout.split()


def test_the_top_level_holds_exactly_what_was_agreed():
    top = {name.split("/")[0] for name in tracked()}
    assert {name for name in top if not name.startswith(".")} == AGREED


def test_every_module_begins_with_a_docstring():
    assert [relative(path) for path in SOURCES if not path.read_text("utf-8").startswith('"""')] == []


def test_every_package_lists_its_modules():
    missing = {}
    for path in (path for path in SOURCES if path.name == "__init__.py" and path.parent.parent != ROOT):
        words = set(re.findall(r"\w+", ast.get_docstring(syntax(path)) or ""))
        if unlisted := {module.stem for module in path.parent.glob("*.py")} - {"__init__"} - words:
            missing[relative(path.parent)] = sorted(unlisted)
    assert missing == {}


def test_no_line_is_too_long():
    lines = ((path, number, line) for path in (*SOURCES, *TESTS)
             for number, line in enumerate(path.read_text("utf-8").splitlines(), 1))  # fmt: skip
    assert [f"{relative(path)}:{number}" for path, number, line in lines if len(line) > WIDTH] == []


def test_no_file_is_too_long():
    lengths = {relative(path): path.read_text("utf-8").count("\n") for path in (*SOURCES, *TESTS)}
    assert {name: length for name, length in lengths.items() if length > LENGTH and name not in LONG} == {}


def test_no_file_carries_unfinished_work_or_an_address_of_a_machine():
    marks = re.compile("TO" + r"DO|FIX" + r"ME|XX" + r"X|NotImplemented" + "Error|/ro" + "ot/|/wo" + "rk/|/tm" + "p/")
    names = (name for name in tracked() if name.endswith((".py", ".toml", ".lock", "run")))
    texts = {name: (ROOT / name).read_text("utf-8") for name in names}
    assert {name: mark.group() for name, text in texts.items() if (mark := marks.search(text))} == {}


def test_the_lock_covers_every_dependency_with_hashes_and_names_no_registry():
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in lock and "index-url" not in lock
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = project["dependencies"] + [d for extra in project["optional-dependencies"].values() for d in extra]
    for requirement in wanted:
        name = re.split(r"[<>=!~ \[;]", requirement)[0].lower().replace("_", "-")
        assert re.search(rf"^{re.escape(name)}==\S+.*\\\n    --hash=sha256:", lock, re.MULTILINE), name
