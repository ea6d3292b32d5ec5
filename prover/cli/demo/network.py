"""`zksettle demo --network`: a ledger for many, told in processes that know nothing of each other but what they send.

Operator, three validators, three guardians and two desks have a home each, as if each were a machine; what a line
begins with is the command that this machine runs.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click

from prover.cli.demo import actors, machines
from prover.cli.demo.actors import Actors
from prover.cli.demo.machines import Network
from prover.cli.demo.narrator import Narrator
from prover.machine import files
from prover.machine.home import Home

GUARDIANS, THRESHOLD = ("guardian1", "guardian2", "guardian3"), 2
VALIDATORS, QUORUM = ("validator1", "validator2", "validator3"), 2
DESKS = ("alice", "bob")
DEPOSITS = {"alice": "8000 USDC", "bob": "10 ETH"}
SELL, BUY, PAID = "12000 dUSDC", "4 ETH-PERP", "250 USDC"
LOOKING_MS = "250"  # how often a guardian asks the service for news


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
        "Three guardians deal their keys among themselves, so that nobody ever holds a whole one. Of three validators, "
        "two make a checkpoint final. The founder names them all, and serves the ledger.",
    )
    guardians = [
        network.actors.run(name, "guardian", "new", "--listen", f"127.0.0.1:{port}")["guardian"]
        for name, port in zip(GUARDIANS, machines.free_ports(len(GUARDIANS)), strict=True)
    ]
    record = str(network.folder / "guardians.json")
    words = ("guardian", "deal", *guardians, "--threshold", str(THRESHOLD))
    with network.step(GUARDIANS[0], "guardian", "deal", "NAME", "NAME", "NAME", "--threshold", "2"):
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
        "operator", "pool", "new", "--insecure-dev", "--parameters", record, *named,
        "--set", f"validators.quorum={QUORUM}",
    )  # fmt: skip
    network.actors.run("operator", "oracle", "publish")
    network.ledger_id = pool["ledger_id"]
    with network.step("operator", "ledger", "serve", "--listen", "127.0.0.1:0") as details:
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
    with network.step(VALIDATORS[0], "validator", "run", *joining):
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
    with network.step(GUARDIANS[0], "guardian", "watch"):
        for name in GUARDIANS:
            network.start(name, "guardian", "watch", "--interval-ms", LOOKING_MS)
        actors.first_said([network.running[name] for name in GUARDIANS], "shown that it is solvent")
        network.say("The guardians have founded the insurance, and it has shown that it is solvent.")


def enter(network: Network) -> None:
    """Act three: two desks open wallets and pay in; the custodian, who is the operator here, signs both deposits."""
    network.narrator.act(
        "Two desks",
        "Alice and Bob have joined too. Each pays in, and the custodian signs when it has the money. What is paid in "
        "is public; what becomes of it is not.",
    )
    for name, amount in DEPOSITS.items():
        network.addresses[name] = network.actors.run(name, "wallet", "new")["address"]
        request = str(network.folder / f"{name}.request")
        with network.step(name, "deposit", amount, "--request", "FILE") as details:
            network.actors.run(name, "deposit", amount, "--request", request)
            signed = network.actors.run("operator", "custodian", "sign", request, "--submit", "--yes")
            details["height"] = signed["settled"]["height"]
            network.say(f"Signed by the custodian, and settled at height {details['height']}.")


def swap(network: Network) -> str:
    """Act four: an order on margin, its settlement, its finality, and what the guardians see.  Returns its bundle."""
    network.narrator.act(
        "A swap on margin",
        f"Alice sells {SELL} for {BUY}, on margin. The terms are sealed to Bob, who adds his side; both settle at once "
        "or not at all.",
    )
    placed = network.run(
        "alice", "order", "place", "--sell", SELL, "--buy", BUY, "--to", network.addresses["bob"], "--yes",
        come_to=lambda _: "Its proofs are verified, and it is on the board.",
    )  # fmt: skip
    taken = network.run(
        "bob", "order", "take", placed["order"], "--sell", BUY, "--buy", SELL, "--yes", come_to=_settled
    )  # fmt: skip
    network.await_final(taken["height"], "final")
    actors.first_said([network.running[name] for name in GUARDIANS], "watching 2 margined accounts")
    network.say("Two guardians have opened both accounts together, and watch them.")
    network.narrator.sees(
        everybody="that two accounts on margin moved, and when; the operator and the validators too",
        guardians="two portfolios, and not whose they are", alice="her trade", bob="his trade",
    )  # fmt: skip
    return taken["bundle"]


def lose(network: Network) -> None:
    """Act five: a validator is killed, and what settles is final all the same."""
    network.narrator.act(
        "A validator dies", f"One of the three is killed. {QUORUM} of {len(VALIDATORS)} make a checkpoint final still."
    )
    with network.narrator.step(f"kill -9 {VALIDATORS[-1]}", machine=VALIDATORS[-1]):
        network.running[VALIDATORS[-1]].kill()
    paid = network.run("alice", "pay", PAID, "--to", network.addresses["bob"], come_to=_settled)
    network.await_final(paid["height"], "final_without_one")


def leave(network: Network, bundle: str) -> None:
    """Act six: every machine ends, and a stranger checks the receipt of the swap from a file."""
    receipt = str(network.folder / "receipt.json")
    network.narrator.act(
        "A stranger",
        "Bob keeps the receipt of the swap. Then every machine ends, and somebody who was never there checks it, with "
        "the pool's fingerprint and nothing else.",
    )
    network.run("bob", "receipt", "make", bundle, "-o", receipt, come_to=lambda _: "Everybody else ends.")
    log = network.running["operator"].err
    network.actors.end()
    shown = network.run(
        "stranger", "receipt", "verify", receipt, "--fingerprint", network.fingerprint,
        come_to=lambda shown: f"Valid: settled at height {shown['height']}, and final, cosigned by "
        f"{', '.join(sorted(shown['cosigned']))}.",
    )  # fmt: skip
    if not shown["final"]:
        raise click.ClickException("the receipt is not final")
    lines = [line for line in log.read_text("utf-8").splitlines() if line.startswith("{")]
    about = next(line for line in lines if bundle in line)
    secrets = [amount.split()[0] for amount in (SELL, BUY, *DEPOSITS.values())] + list(DESKS)
    if leaked := [secret for secret in secrets if re.search(rf"\b{secret}\b", about)]:
        raise click.ClickException(f"the service's log has {', '.join(leaked)}")
    network.narrator.screen.say()
    network.narrator.screen.paragraph(f"All that the service wrote down about the swap: {about}")
    network.narrator.acts[-1]["log"] = about


def _settled(result: dict[str, Any]) -> str:
    return f"Settled at height {result['height']}."


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
