"""A wallet at a ledger with very many leaves: syncing, and showing what it holds, each as a whole command.

The ledger is synthetic: leaves of strangers, and small accounts of the wallet among them.  Each command runs in a
process of its own, so its time has everything that its user waits for, and its memory is its own.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from prover.bench import syntheticledger
from prover.bench.measure import Timing
from prover.bench.report import Column, Measurements, Section
from prover.bench.syntheticledger import Leaf
from prover.machine import clock, files, tasks, units
from prover.machine.home import Home
from prover.operator import creation
from prover.proofs.keystores import Keystore
from prover.trader import addresses, walletfile, wallets
from zk.runtime import parallel

NEW_LEAVES = 32  # of a later sync
PASSPHRASE = "of a synthetic wallet"
MAX_DUST_AMOUNT = 10_000  # smallest units of the first asset
DUST_STEP = 3_571

_GIFTS_AT_ONCE = 4096

# A process's own view of its peak: what its parent can ask for has the parent's memory before exec in it (proc(5)).
_MEASURED = """
import pathlib, sys
from prover.cli import main
code = main.main(sys.argv[2:])
status = pathlib.Path("/proc/self/status")
lines = status.read_text().splitlines() if status.exists() else []
pathlib.Path(sys.argv[1]).write_text("".join(line for line in lines if line.startswith("VmHWM:")))
sys.exit(code)
"""


def bench(keystore: Keystore, foreign: int, dust: int, runs: int) -> Measurements:
    """The commands on a ledger of `foreign` leaves of strangers and `dust` small accounts of the wallet."""
    with tempfile.TemporaryDirectory(prefix="zksettle-bench-") as folder:
        home = Home(Path(folder))
        files.make_folder(home.wallets)
        os.symlink(keystore.folder("leg").parent, home.keys, target_is_directory=True)
        creation.create(home, keystore, "synthetic", clock.now_ms())
        wallet = wallets.new()
        with walletfile.create(home.wallet("main"), PASSPHRASE, wallet):
            pass
        files.replace(home.path / "passphrase", PASSPHRASE.encode() + b"\n")
        address = addresses.of(wallet.seed, 0)
        with tasks.task("Writing the ledger", total=foreign + dust) as task:
            syntheticledger.append(home.ledger, _advancing(task, _leaves(address, foreign, dust)))
        return _measured(home, address, foreign + dust, runs)


def _measured(home: Home, address: addresses.Address, num_leaves: int, runs: int) -> Measurements:
    def later() -> tuple[float, int | None]:
        some = [syntheticledger.gift(address, 1) for _ in range(NEW_LEAVES)]
        syntheticledger.append(home.ledger, syntheticledger.sealed(some))
        return _command(home, "wallet", "sync")

    steps = [
        ("sync from the beginning", num_leaves, lambda: _command(home, "wallet", "sync", "--rescan")),
        ("sync of new leaves", NEW_LEAVES, later),
        ("show", 1, lambda: _command(home, "wallet", "show")),
    ]
    timings, rows = [], []
    for name, items, step in steps:
        with tasks.task(f"Measuring {name}", total=runs + 1) as task:
            taken = []
            for _ in range(runs + 1):
                taken.append(step())
                task.advance()
        times = [seconds for seconds, _ in taken]
        timings.append(Timing(name, f"{num_leaves:,}", items, parallel.threads(), times[0], tuple(times[1:])))
        peaks = [peak for _, peak in taken if peak is not None]
        rows.append({"command": name, "peak_memory": units.size(max(peaks)) if peaks else "unknown"})
    columns = (Column("command", "command"), Column("peak_memory", "peak memory"))
    size = home.wallet("main").stat().st_size
    return Measurements(
        timings,
        (Section("memory", "memory of each command", columns, rows),),
        (f"The wallet file has {size:,} bytes, and the ledger {home.ledger.stat().st_size:,}.",),
    )


def _leaves(address: addresses.Address, foreign: int, dust: int) -> Iterator[Leaf]:
    """The leaves of strangers with the dust strewn among them."""
    written_foreign = written_dust = 0
    while written_foreign < foreign or written_dust < dust:
        some = min(_GIFTS_AT_ONCE, dust - written_dust)
        numbers = range(written_dust, written_dust + some)
        # The step is prime to the number of amounts, so that they are spread evenly and without order.
        gifts = [syntheticledger.gift(address, 1 + number * DUST_STEP % MAX_DUST_AMOUNT) for number in numbers]
        yield from syntheticledger.sealed(gifts)
        written_dust += some
        until = foreign * written_dust // dust if dust else foreign
        yield from syntheticledger.foreign(until - written_foreign)
        written_foreign = until


def _advancing(task: tasks.Task, leaves: Iterator[Leaf]) -> Iterator[Leaf]:
    for number, leaf in enumerate(leaves, 1):
        if number % _GIFTS_AT_ONCE == 0:
            task.advance(_GIFTS_AT_ONCE)
        yield leaf


def _command(home: Home, *arguments: str) -> tuple[float, int | None]:
    """The seconds that a command takes, and the most memory that it has, in bytes; None where the system cannot tell.

    Raises RuntimeError when the command fails.
    """
    peak_file = home.path / "peak"
    where = ["--passphrase-file", str(home.path / "passphrase"), "--home", str(home.path)]
    command = [sys.executable, "-c", _MEASURED, str(peak_file), *arguments, *where]
    started = time.perf_counter()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    took_s = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed: {done.stderr[-200:]}")
    words = peak_file.read_text().split()
    return took_s, int(words[1]) * 1024 if words else None
