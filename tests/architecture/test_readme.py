"""The README is true: its commands run, its figures match the pinned ones, and the files it names exist."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from circuits import registry
from prover.circom import keycache
from prover.cli.frame import passphrase
from tests import circoms, evm
from tests.prover.cli.run import zksettle
from tests.zk.ceremony import toy_ceremony

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def walk() -> list[list[str]]:
    """The words of every `zksettle` command in the block marked as tested."""
    block = re.search(r"<!-- walk.*?```console\n(.*?)```", README, re.DOTALL).group(1)
    lines = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ zksettle")]
    return [shlex.split(line)[1:] for line in lines]


def test_the_commands_of_the_walk_succeed(keystore, tmp_path, monkeypatch):
    (tmp_path / "keys").symlink_to(keystore.folder("leg").parent, target_is_directory=True)
    monkeypatch.setenv(passphrase.VARIABLE, "a phrase of your own")
    assert len(walk()) > 10
    order = ""
    for words in walk():
        words = [substituted(tmp_path, word) for word in words]
        words = [order[: len(word)] if re.fullmatch(r"[0-9a-f]{8,64}", word) else word for word in words]
        ran = zksettle(tmp_path, "--json", *words)
        assert ran.code == 0, (words, ran)
        if words[:2] == ["order", "place"]:
            order = json.loads(ran.out)["order"]


def substituted(home: Path, word: str) -> str:
    """A word, or what the shell would put in place of `$(zksettle …)`."""
    command = re.fullmatch(r"\$\(zksettle (.*)\)", word)
    return word if command is None else zksettle(home, *shlex.split(command[1])).out.strip()


def test_the_ten_lines_of_python_place_and_take_an_order(keystore, tmp_path, monkeypatch):
    (lines,) = re.findall(r"<!-- desk.*?```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "keys").symlink_to(keystore.folder("leg").parent, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    made: dict[str, Any] = {}
    exec(compile(lines, "README.md", "exec"), made)
    with made["maker"], made["taker"]:
        assert made["maker"].balances() == {"USDC": "3,000"}
        assert made["taker"].balances() == {"USDC": "9,000", "ETH": "1"}
        assert made["taker"].orders() == []
    assert len([line for line in lines.splitlines() if line]) <= 11


@pytest.mark.skipif(not evm.HAS_PYREVM, reason="pyrevm has no wheels for this Python")
def test_the_tutorial_proves_a_circom_circuit_and_verifies_it_on_a_chain(tmp_path, monkeypatch):
    circoms.compiled("an unused wire", tmp_path)
    (tmp_path / "powers.ptau").write_bytes(toy_ceremony.ptau(4))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(keycache, "folder", lambda: tmp_path)
    assert run_block("tutorial") <= 11
    assert run_block("five lines") == 5


def run_block(name: str) -> int:
    """Runs the Python block with this name in zk/README.md.  Returns the number of its lines without imports."""
    text = (ROOT / "zk" / "README.md").read_text("utf-8")
    (lines,) = re.findall(rf"<!-- {name}.*?```python\n(.*?)```", text, re.DOTALL)
    exec(compile(lines, "zk/README.md", "exec"), {})
    return len([line for line in lines.splitlines() if line and not line.startswith(("from", "import"))])


@pytest.mark.parametrize("name", registry.names())
def test_the_sizes_of_the_statements_are_the_pinned_ones(name):
    facts = registry.describe(name)
    row = next(line for line in README.splitlines() if line.startswith(f"| {name} |"))
    assert f"| {facts['constraints']:,} |" in row and registry.get(name).claim in row


@pytest.mark.parametrize("readme", ["README.md", "zk/README.md"])
def test_every_file_that_is_named_exists(readme):
    text = (ROOT / readme).read_text("utf-8")
    named = re.findall(r"`((?:zk|circuits|settlement|prover|tests|\.ci)/[\w./]*)`", text)
    assert len(named) >= 8
    assert [name for name in named if not (ROOT / name).exists()] == []
