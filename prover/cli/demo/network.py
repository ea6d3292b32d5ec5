"""`zksettle demo --network`: a ledger for many, told in processes that know nothing of each other but what they send.

Operator, three validators, three guardians and two desks have a home each, as if each were a machine; what a line
begins with is the command that this machine runs.
"""

import re
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from prover.cli.demo.actors import Actor, Actors
from prover.cli.demo.narrator import Narrator
from prover.machine import files
from prover.machine.home import Home
from prover.network.client import Client, NotFound
from settlement.log import checkpoint, note

GUARDIANS, THRESHOLD = ("guardian1", "guardian2", "guardian3"), 2
VALIDATORS, QUORUM = ("validator1", "validator2", "validator3"), 2
DESKS = ("alice", "bob")
DEPOSITS = {"alice": "8000 USDC", "bob": "10 ETH"}
SELL, BUY, PAID = "12000 dUSDC", "4 ETH-PERP", "250 USDC"
FINAL_S = 60
_POLL_S = 0.02


@dataclass
class Network:
    """The processes of the story, what tells it, and what commands have shown."""

    actors: Actors
    narrator: Narrator
    folder: Path
    running: dict[str, Actor] = field(default_factory=dict)
    url: str = ""
    ledger_id: str = ""
    measures: dict[str, float] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """The first digits of the ledger id."""
        return self.ledger_id[:16]

    def run(self, name: str, *words: str) -> dict[str, Any]:
        """Tells of a command that a machine runs, and runs it."""
        with self.narrator.step(_shown(name, words)) as details:
            details["result"] = self.actors.run(name, *words)
        return details["result"]

    def start(self, name: str, *words: str) -> Actor:
        """Begins a command that goes on until the story ends."""
        self.running[name] = self.actors.begin(name, *words)
        return self.running[name]

    def say(self, text: str) -> None:
        """Says what a step has come to."""
        self.narrator.screen.say(text, "good")


def tell(narrator: Narrator, own: Home, keep: Path | None) -> dict[str, Any]:
    """Tells the whole story, and returns its measures.  Raises click.ClickException when a process fails."""
    with ExitStack() as stack:
        folder = stack.enter_context(_folder(keep))
        network = Network(stack.enter_context(Actors(folder, own.keys.absolute())), narrator, folder)
        for name in ("operator", *DESKS, *GUARDIANS):
            network.actors.home(name)
        for name in (*VALIDATORS, "stranger"):
            network.actors.home(name, proves=False)
        found(network)
        watch(network)
        enter(network)
        bundle = swap(network)
        lose(network)
        leave(network, bundle)
        return {"seconds": {name: round(value, 6) for name, value in network.measures.items()}}


def found(network: Network) -> None:
    """Act one: guardians and validators make their keys, and a founder makes a pool of them and serves its ledger."""
    network.narrator.act(
        "A pool of nine machines",
        "Three guardians deal their keys among themselves, so that nobody ever holds a whole one. Three validators make "
        "keys; two of them make a checkpoint final. The founder names them all, and serves the ledger.",
    )
    guardians = [
        network.actors.run(name, "guardian", "new", "--listen", f"127.0.0.1:{port}")["guardian"]
        for name, port in zip(GUARDIANS, _free_ports(len(GUARDIANS)), strict=True)
    ]
    record = str(network.folder / "guardians.json")
    words = ("guardian", "deal", *guardians, "--threshold", str(THRESHOLD))
    with network.narrator.step(_shown(GUARDIANS[0], ("guardian", "deal", "NAME", "NAME", "NAME", "--threshold", "2"))):
        first, *others = [
            network.actors.begin(name, *words, *(("-o", record) if name == GUARDIANS[0] else ()), "--json")
            for name in GUARDIANS
        ]
        for each in (first, *others):
            each.document()
        network.say(f"The keys are dealt over the network: any {THRESHOLD} of {len(GUARDIANS)} can use them together.")
    keys = [
        network.actors.run(name, "validator", "key", "--name", f"{name}.example")["key"] for name in VALIDATORS
    ]
    named = [word for key in keys for word in ("--validator", key)]
    pool = network.actors.run(
        "operator", "pool", "new", "--insecure-dev", "--parameters", record, *named, "--set", f"validators.quorum={QUORUM}"
    )  # fmt: skip
    network.actors.run("operator", "oracle", "publish")
    network.ledger_id = pool["ledger_id"]
    with network.narrator.step(_shown("operator", ("ledger", "serve", "--listen", "127.0.0.1:0"))) as details:
        served = network.start("operator", "ledger", "serve", "--listen", "127.0.0.1:0")
        network.url = details["url"] = served.said(r"served at (http://\S+)\.")[1]
        network.say(f"Served at {network.url}; the pool's fingerprint is {network.fingerprint}.")


def watch(network: Network) -> None:
    """Act two: validators and guardians follow the ledger, each with a copy of its own."""
    network.narrator.act(
        "Who checks it",
        "Each of them has a copy in which it has verified every event itself. None of them trusts the operator.",
    )
    joining = ("--of", network.url, "--fingerprint", network.fingerprint)
    with network.narrator.step(_shown(VALIDATORS[0], ("validator", "run", *joining))):
        joins = [
            network.actors.begin(name, "pool", "join", network.url, "--fingerprint", network.fingerprint, "--json")
            for name in (*GUARDIANS, *DESKS)
        ]
        for name in VALIDATORS:
            network.start(name, "validator", "run", *joining)
        for name in VALIDATORS:
            network.running[name].said("cosigned")
        for each in joins:
            each.document()
        network.say("Three validators have verified the ledger and cosigned its checkpoint.")
    with network.narrator.step(_shown(GUARDIANS[0], ("guardian", "watch"))):
        for name in GUARDIANS:
            network.start(name, "guardian", "watch")
        network.running[GUARDIANS[0]].said("shown that it is solvent")
        network.say("The guardians have founded the insurance, and it has shown that it is solvent.")


def enter(network: Network) -> None:
    """Act three: two desks open wallets and pay in; the custodian, who is the operator here, signs both deposits."""
    network.narrator.act(
        "Two desks",
        "Alice and Bob have joined too. Each pays in, and the custodian signs when it has the money. Amounts paid in are "
        "public; what becomes of them is not.",
    )
    for name, amount in DEPOSITS.items():
        network.actors.run(name, "wallet", "new")
        request = str(network.folder / f"{name}.request")
        with network.narrator.step(_shown(name, ("deposit", amount, "--request", "FILE"))) as details:
            network.actors.run(name, "deposit", amount, "--request", request)
            signed = network.actors.run("operator", "custodian", "sign", request, "--submit", "--yes")
            details["height"] = signed["settled"]["height"]
            network.say(f"Signed by the custodian, and settled at height {details['height']}.")


def swap(network: Network) -> str:
    """Act four: an order on margin, its settlement, its finality, and what the guardians see.  Returns its bundle."""
    network.narrator.act(
        "A swap on margin",
        f"Alice sells {SELL} for {BUY}, on margin. The terms are sealed to Bob, who adds his side; both settle at once or "
        "not at all.",
    )
    address = network.actors.run("bob", "wallet", "address")["address"]
    placed = network.run(
        "alice", "order", "place", "--sell", SELL, "--buy", BUY, "--to", address, "--yes"
    )  # fmt: skip
    taken = network.run("bob", "order", "take", placed["order"], "--sell", BUY, "--buy", SELL, "--yes")
    network.measures["check"] = taken["check_us"] / 1e6
    network.say(f"Settled at height {taken['height']}.")
    _await_final(network, taken["height"], "final")
    opened = network.running[GUARDIANS[0]].said(r"Opened 2; watching 2[^\n]*")[0]
    network.say(f"The guardians, any two of them together: {opened[0].lower()}{opened[1:]}")
    network.narrator.sees(
        everybody="that two accounts on margin moved, and when", operator="the same", validators="the same",
        guardians="two portfolios, and not whose they are", alice="her trade", bob="his trade",
    )  # fmt: skip
    return taken["bundle"]


def lose(network: Network) -> None:
    """Act five: a validator is killed, and what settles is final all the same."""
    network.narrator.act(
        "A validator dies", f"One of the three is killed. {QUORUM} of {len(VALIDATORS)} make a checkpoint final still."
    )
    with network.narrator.step(f"kill -9 {VALIDATORS[-1]}"):
        network.running[VALIDATORS[-1]].kill()
    address = network.actors.run("bob", "wallet", "address")["address"]
    paid = network.run("alice", "pay", PAID, "--to", address)
    network.say(f"Settled at height {paid['height']}.")
    _await_final(network, paid["height"], "final_without_one")


def leave(network: Network, bundle: str) -> None:
    """Act six: every machine ends, and a stranger checks the receipt of the swap from a file."""
    receipt = str(network.folder / "receipt.json")
    network.narrator.act(
        "A stranger", "Bob keeps the receipt of the swap. Then every machine ends, and somebody who was never there checks "
        "it, with the pool's fingerprint and nothing else.",
    )  # fmt: skip
    network.run("bob", "receipt", "save", bundle, "-o", receipt)
    log = network.running["operator"].err
    network.actors.end()
    shown = network.run("stranger", "receipt", "verify", receipt, "--fingerprint", network.fingerprint)
    if not shown["final"]:
        raise click.ClickException("the receipt is not final")
    cosigned = ", ".join(sorted(shown["cosigned"]))
    network.say(f"Valid: settled at height {shown['height']}, and final, cosigned by {cosigned}.")
    lines = [line for line in log.read_text("utf-8").splitlines() if line.startswith("{")]
    about = next(line for line in lines if bundle in line)
    secrets = [amount.split()[0] for amount in (SELL, BUY, *DEPOSITS.values())] + list(DESKS)
    if leaked := [secret for secret in secrets if re.search(rf"\b{secret}\b", about)]:
        raise click.ClickException(f"the service's log has {', '.join(leaked)}")
    network.narrator.screen.paragraph(f"All that the service noted about the swap: {about}")
    network.narrator.acts[-1]["log"] = about


def _await_final(network: Network, height: int, name: str) -> None:
    """Waits until the event at this height is final, and says how long that took."""
    start_s = time.monotonic()
    with Client(network.url) as client:
        while time.monotonic() < start_s + FINAL_S:
            try:
                signed = client.get("/checkpoint/final").decode()
                if checkpoint.parse(note.text_of(signed)).size > height:
                    network.measures[name] = time.monotonic() - start_s
                    network.say(f"Final {network.measures[name] * 1000:.0f} ms later: a quorum verified and cosigned it.")
                    return
            except NotFound:
                pass
            time.sleep(_POLL_S)
    raise click.ClickException(f"what settled at height {height} is not final after {FINAL_S} seconds")


def _shown(name: str, words: tuple[str, ...]) -> str:
    quoted = (f'"{word}"' if " " in word else word if len(word) < 90 else f"{word[:8]}…" for word in words)
    return f"[{name}] zksettle {' '.join(quoted)}"


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """The folder of all homes: a new one that stays, or a temporary one."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="zksettle-demo-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)
        return
    if keep.exists():
        raise FileExistsError(f"{keep} is there already: the demo needs a new folder")
    yield files.make_folder(keep.absolute())


def _free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens at, now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]
