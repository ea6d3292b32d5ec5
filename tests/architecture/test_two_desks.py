"""README's quick start, two desks on a network: its commands run, each machine in a home, servers as processes."""

import json
import re
import shlex
from contextlib import ExitStack
from pathlib import Path

from prover.cli.frame import passphrase
from prover.trader import walletfile
from tests import processes
from tests.architecture.test_readme import README
from tests.prover.cli.run import Ran, zksettle

PATIENCE_S = 120  # for validators that start on a busy machine


def commands(block: str) -> list[tuple[str, list[str]]]:
    """The machine and the words of every command in a block of the README."""
    text = re.search(rf"<!-- {block}.*?```console\n(.*?)```", README, re.DOTALL).group(1)
    found = [re.fullmatch(r"(\w+)\$ zksettle (.*)", line) for line in text.splitlines()]
    return [(each[1], shlex.split(each[2], comments=True)) for each in found]


class Machines:
    """Homes by name, and what stands in the README for what commands have shown."""

    def __init__(self, folder: Path, keys: Path):
        self.folder, self.keys, self.named = folder, keys, {}

    def home(self, machine: str) -> Path:
        home = self.folder / machine
        if machine != "carol" and not home.exists():
            home.mkdir()
            (home / "keys").symlink_to(self.keys, target_is_directory=True)
        return home

    def words(self, words: list[str]) -> list[str]:
        url = self.named.get("URL", "")
        filled = [self.named.get(word, word).replace("http://operator:7464", url) for word in words]
        return [str(self.folder / word) if re.search(r"\.(request|json)$", word) else word for word in filled]

    def run(self, machine: str, words: list[str]) -> Ran:
        ran = zksettle(self.home(machine), "--json", *self.words(words))
        assert ran.code == 0, (machine, words, ran)
        said = json.loads(ran.out)
        kept = {("validator", "key"): {machine.upper(): "key"}, ("order", "place"): {"ORDER": "order"},
                ("order", "take"): {"BUNDLE": "bundle"}}  # fmt: skip
        kept |= {("order", "replace"): {"NEW": "order"}, ("rfq", "ask"): {"ASKED": "request"},
                 ("contact", "fingerprint"): {"PRINT": "fingerprint"}}  # fmt: skip
        kept[("wallet", "new")] = {"ADDRESS": "address"} if machine == "bob" else {}
        self.named |= {name: said[field] for name, field in kept.get(tuple(words[:2]), {}).items()}
        if words[:2] == ["rfq", "list"]:
            (waiting,) = said["to_answer"]
            self.named["REQUEST"] = waiting["request"]
        return ran


def test_two_desks_settle_and_a_stranger_verifies_the_receipt(keystore, tmp_path, monkeypatch):
    monkeypatch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
    monkeypatch.setenv(passphrase.VARIABLE, "a phrase of your own")
    machines = Machines(tmp_path, keystore.folder("leg").parent)
    with ExitStack() as running:
        for machine, words in commands("service"):
            match words[:2]:
                case ["ledger", "serve"]:
                    assert words[2:] == ["--public", "--listen", "0.0.0.0:7464"]
                    local = ["ledger", "serve", "--listen", "127.0.0.1:0", "--json"]
                    service = running.enter_context(processes.started(machines.home(machine), *local))
                    said = processes.document(service)
                    machines.named |= {"URL": said["url"], "FINGERPRINT": said["ledger_id"][:16]}
                case ["validator", "run"]:
                    running.enter_context(processes.started(machines.home(machine), *machines.words(words)))
                case _:
                    machines.run(machine, words)
        *desks, (stranger, check) = commands("desks")
        for machine, words in desks:
            machines.run(machine, [*words, "--wait", str(PATIENCE_S)] if words[:2] == ["receipt", "make"] else words)
        for name, left in (("alice", {"ETH": "3000000000"}), ("bob", {"ETH": "1000000000", "USDC": "9000000000"})):
            balances = json.loads(zksettle(machines.home(name), "--json", "wallet", "sync").out)["balances"]
            assert {symbol: amount for symbol, amount in balances.items() if amount != "0"} == left
    shown = json.loads(machines.run(stranger, check).out)
    assert shown["final"] and shown["bundle"] == machines.named["BUNDLE"] and len(shown["cosigned"]) == 1
    assert not machines.home(stranger).exists()
