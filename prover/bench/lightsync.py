"""How long a wallet with nothing takes to have seen a ledger with very many leaves: joining as a light copy, scanning.

Everything is a process of its own, as its user starts it: the service, `pool join --light`, and `wallet sync`, which
tries the leaves of all others.  The ledger's swaps are real bundles whose proofs were simulated; they are written into
the operator's ledger without being checked again, as a light copy writes them, and cosigned by the site's validators.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.bench import ledgersite
from prover.bench.ledgersite import Site
from prover.machine import clock, files, tasks
from prover.machine.home import Home
from prover.network.wire.client import Client
from prover.operator import joining, validatorkey
from prover.trader import walletfile, wallets
from settlement import events, merkle
from settlement.following import lightfollowing, skimming
from settlement.following.following import Received
from settlement.ledger import Ledger
from settlement.log import cosignature

BATCH = 4_096
PASSPHRASE = "of a wallet with nothing"
_JOIN = "import sys; from prover.bench import lightsync; lightsync.join(*sys.argv[1:])"
_MS_PER_S = 1_000


@dataclass(frozen=True)
class LightSync:
    """Seconds that the two commands took, for so many leaves in so many events; a second scan has nothing to do."""

    leaves: int
    events: int
    join_s: float
    scan_s: float
    idle_s: float

    @property
    def total_s(self) -> float:
        """From nothing to a wallet that has tried every leaf."""
        return self.join_s + self.scan_s


def bench(count: int, *, margined: bool = False) -> LightSync:
    """Measures on a ledger with this many swaps of two legs."""
    with tempfile.TemporaryDirectory(prefix="zksettle-bench-") as folder:
        site = ledgersite.found(Path(folder) / "founded")
        with tasks.task("Writing the ledger", total=count) as task:
            for start in range(0, count, BATCH):
                some = min(BATCH, count - start)
                fill(site, ledgersite.swaps_of(site, some, margined=margined))
                task.advance(some)
        return measure(site, Path(folder) / "home")


def fill(site: Site, bundles: Sequence[bytes]) -> None:
    """Writes these bundles into the operator's ledger, unchecked."""
    with Ledger.open(site.operator.ledger) as ledger:
        lightfollowing.follow(ledger, list(received(ledger, bundles)))


def measure(site: Site, folder: Path) -> LightSync:
    """Serves the site's ledger, and has a new home in `folder` join and scan it."""
    home = Home(folder)
    files.make_folder(home.wallets)
    files.replace(home.path / "passphrase", PASSPHRASE.encode() + b"\n")
    with walletfile.create(home.wallet("main"), PASSPHRASE, wallets.new()):
        pass
    sync = ("wallet", "sync", "--passphrase-file", str(home.path / "passphrase"))
    with Ledger.open(site.operator.ledger, read_only=True) as ledger:
        size, leaves = ledger.reader.last_event().height + 1, ledger.reader.tree().size
    serving = ledgersite.command(site.operator, "ledger", "serve", "--listen", "127.0.0.1:0")
    with serving as service, tasks.task("Joining"):
        url = service.document()["url"]
        with Client(url) as client:
            cosign(site, client)
        join_s = _joined(home, url)
        scan_s, idle_s = (ledgersite.timed(home, *sync) for _ in range(2))
    return LightSync(leaves, size, join_s, scan_s, idle_s)


def join(folder: str, url: str) -> None:
    """What `pool join --light` does in a home, but for the proving keys, which a simulated pool has none of."""
    with Client(url) as client:
        joining.follow(Home(Path(folder)), client, is_light=True)


def _joined(home: Home, url: str) -> float:
    """The seconds that a process takes to join.  Raises RuntimeError when it fails."""
    start_s = time.perf_counter()
    arguments = [sys.executable, "-c", _JOIN, str(home.path), url]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"joining failed: {done.stderr[-500:]}")
    return time.perf_counter() - start_s


def cosign(site: Site, client: Client) -> None:
    """Makes the newest checkpoint of a service final, as the site's validators would once they have replayed it."""
    signed = client.get("/checkpoint").decode()
    for home in site.validators:
        own = validatorkey.read(home.validator)
        signed = cosignature.cosign(signed, own.validator.name, own.secret, clock.now_ms() // _MS_PER_S)
    client.post("/cosignatures", signed.encode())


def received(ledger: Ledger, bundles: Sequence[bytes]) -> Iterator[Received]:
    """The leaves that these bundles make after the newest event, and their bytes."""
    last, size = ledger.reader.last_event(), ledger.reader.tree().size
    skimmed = [skimming.skim(data, ledger.ledger_id) for data in bundles]
    roots = merkle.extend(ledger.reader.node, size, [one.commitments for one in skimmed]).roots
    for height, (data, one, root) in enumerate(zip(bundles, skimmed, roots, strict=True), start=last.height + 1):
        size += len(one.commitments)
        body = events.bundle_body(one.bundle_id, data, root, size)
        yield Received(events.Event(height, events.BUNDLE, last.created_ms, body, b"").leaf, data)
