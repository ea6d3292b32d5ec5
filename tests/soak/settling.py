"""How many bundles a second a ledger settles, in a file and on a server: `python -m tests.soak.settling [BUNDLES]`.

Two cash legs a bundle, with real signatures; their proofs are taken unseen, because zksettle bench verify measures
those.  Checking and applying are timed apart, for blocks of 1 and of 16 bundles, each after a warm block of its own.
"""

import sys
import tempfile
import time
from pathlib import Path

from prover.machine import postgres
from settlement import engine
from settlement.bundles import encoding
from settlement.databases import Place
from settlement.ledger import Ledger
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind, make


def measure(place: Place, bundles: int, size: int) -> str:
    """One line of the table."""
    with Ledger.create(place, samples.pool(), NOW_MS) as ledger:
        signed = [bind(ledger.ledger_id, make(ledger), make(ledger)) for _ in range(bundles + size)]
        made = [encoding.encode_bundle(one) for one in signed]
        engine.submit_all(ledger, made[:size], NOW_MS, any_proof)
        check_us = apply_us = 0
        start = time.perf_counter()
        for first in range(size, len(made), size):
            receipt, *_ = engine.submit_all(ledger, made[first : first + size], NOW_MS, any_proof)
            assert isinstance(receipt, engine.Receipt)
            check_us, apply_us = check_us + receipt.check_us, apply_us + receipt.apply_us
        seconds = time.perf_counter() - start
    decode_us = int(seconds * 1e6) - check_us - apply_us
    stages = ", ".join(f"{name} {us / bundles / 1000:.1f} ms" for name, us in
                       (("decode", decode_us), ("check", check_us), ("apply", apply_us)))  # fmt: skip
    return f"blocks of {size:>2}: {bundles / seconds:6.0f} bundles/s  a bundle: {stages}"


def main() -> None:
    bundles = int(sys.argv[1]) if len(sys.argv) > 1 else 128
    with tempfile.TemporaryDirectory() as folder, postgres.running(Path(folder) / "pg", keep=False) as server:
        for size in (1, 16):
            server.create_database(f"blocks_{size}")
            print("SQLite    ", measure(Path(folder) / f"{size}.sqlite", bundles, size), flush=True)
            print("PostgreSQL", measure(server.url(f"blocks_{size}"), bundles, size), flush=True)


if __name__ == "__main__":
    main()
