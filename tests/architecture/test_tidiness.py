"""What a visitor sees first is what was agreed, and nothing lies about."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("zk", "circuits", "settlement", "prover")
AGREED = {*PACKAGES, "tests", "pyproject.toml", "README.md", "requirements.lock", "LICENSE"}
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TOLD = [path for path in SOURCES if path.name == "__init__.py" and path.parent.parent != ROOT]
WIDTH = 120  # characters


def tracked() -> list[str]:
    """The files git tracks; skips where the tests run from something that is not a checkout."""
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("this is not a git checkout, so there is no list of tracked files")
    return done.stdout.split()


def test_the_top_level_is_what_was_agreed():
    top = {name.split("/")[0] for name in tracked()}
    assert {name for name in top if not name.startswith(".")} == AGREED


def test_every_module_says_what_it_is_for():
    for path in SOURCES:
        assert path.read_text("utf-8").startswith('"""'), path


@pytest.mark.parametrize("path", TOLD, ids=lambda path: str(path.parent.relative_to(ROOT)))
def test_every_package_names_its_modules(path):
    words = set(re.findall(r"\w+", ast.get_docstring(ast.parse(path.read_text("utf-8")))))
    missing = {module.stem for module in path.parent.glob("*.py")} - {"__init__"} - words
    assert not missing, f"{path.parent}: {sorted(missing)}"


def test_no_line_is_too_long():
    for path in SOURCES:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            assert len(line) <= WIDTH, f"{path}:{number}"


def test_no_file_carries_unfinished_work_or_an_address_of_a_machine():
    marks = re.compile("TO" + r"DO|FIX" + r"ME|XX" + r"X|NotImplemented" + "Error|/ro" + "ot/|/wo" + "rk/|/tm" + "p/")
    for name in tracked():
        if name.endswith((".py", ".toml", ".lock", "run")):
            found = marks.search((ROOT / name).read_text("utf-8"))
            assert not found, f"{name}: {found.group()}"


def test_the_lock_covers_every_dependency_with_hashes_and_names_no_registry():
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in lock and "index-url" not in lock
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = project["dependencies"] + [d for extra in project["optional-dependencies"].values() for d in extra]
    for requirement in wanted:
        name = re.split(r"[<>=!~ \[;]", requirement)[0].lower().replace("_", "-")
        assert re.search(rf"^{re.escape(name)}==\S+.*\\\n    --hash=sha256:", lock, re.MULTILINE), name
