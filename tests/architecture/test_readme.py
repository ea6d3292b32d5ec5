"""The README is true: its Python runs, its figures match the pinned ones, and the files it names exist."""

import re
from pathlib import Path
from typing import Any

import pytest

from circuits import registry
from prover.circom import keycache
from tests import circoms, evm
from tests.zk.ceremony import toy_ceremony

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


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
