"""A whole ceremony of the real statements, from powers of tau to a settled deposit: `python -m tests.soak.ceremony`.

Every step is a command: powers of 2^14, two contributors with homes of their own and a beacon, all of it verified, the
keys installed, a pool created without --insecure-dev, a deposit proved under them, and the ledger audited against the
transcript.  snarkjs, where ZKSETTLE_NODE names it, verifies both keys against circuits that we exported.  A byte that
is changed in a contribution, and a development key in the pool's place, must be refused.  Times are printed; any
failure ends the run.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from circuits import registry
from prover.cli.frame import passphrase
from tests import node
from tests.prover.cli.run import Ran, refused, zksettle

POWER = 14
BEACON = ("6b" * 32, "16")


def run(home: Path, *arguments: object) -> Ran:
    """Runs a command that must succeed, and prints its time."""
    begun = time.monotonic()
    ran = zksettle(home, *arguments)
    print(f"{time.monotonic() - begun:6.1f} s  zksettle {' '.join(map(str, arguments))}", flush=True)
    assert ran.code == 0, ran
    return ran


def powers(place: Path) -> Path:
    """Prepared powers of tau with two contributors."""
    files = [place / f"powers-{i}.ptau" for i in range(4)]
    run(place, "powersoftau", "new", "bn128", POWER, files[0])
    for before, after, name in zip(files[:2], files[1:3], ("Dora", "Emil"), strict=True):
        run(place, "powersoftau", "contribute", before, after, "--name", name, "-e", "dice")
    run(place, "powersoftau", "prepare", "phase2", files[2], files[3])
    return files[3]


def ceremony(place: Path) -> Path:
    """The folder of a ceremony with two contributions and a beacon."""
    folder = place / "ceremony"
    run(place, "ceremony", "start", folder, "--powers", powers(place))
    for name in ("Alice", "Bob"):
        run(place / name, "ceremony", "contribute", folder, "--name", name)
    run(place, "ceremony", "beacon", folder, *BEACON)
    assert "2 contributions under 2 keys, and a beacon at the end" in run(place, "ceremony", "verify", folder).out
    return folder


def check_with_snarkjs(place: Path, folder: Path) -> None:
    """snarkjs accepts both keys."""
    for name in registry.names():
        circuit, key = place / f"{name}.r1cs", place / f"{name}.zkey"
        run(place, "circuit", "export", name, circuit)
        run(place, "ceremony", "export", folder, name, key)
        begun = time.monotonic()
        code, told = node.snarkjs("zkey", "verify", *map(str, (circuit, folder / "powers.ptau", key)))
        print(f"{time.monotonic() - begun:6.1f} s  snarkjs zkey verify, {name}", flush=True)
        assert code == 0 and "ZKey Ok!" in told, told


def check_deposit(home: Path, folder: Path) -> None:
    """A deposit under the ceremony's keys, and an audit against its transcript; a development pool fails that."""
    run(home, "ceremony", "install", folder)
    for made in (home, home.with_name("development")):
        run(made, "pool", "new", *([] if made == home else ["--insecure-dev"]))
    run(home, "wallet", "new", "alice")
    run(home, "deposit", "8000 USDC", "--wallet", "alice")
    assert "verified: the ceremony in" in run(home, "ledger", "audit", "--ceremony", folder).out
    refused_audit = zksettle(home.with_name("development"), "ledger", "audit", "--ceremony", folder)
    assert refused_audit.code == 1 and "development, made by one party" in refused_audit.err, refused_audit


def check_changed_byte(place: Path, folder: Path) -> None:
    """A contribution with one changed byte is refused by every command."""
    (path,) = folder.glob("0002-*")
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    for command in ("verify", "install"):
        refused(zksettle(place, "ceremony", command, folder), 1, "0002-bob.contribution is not signed by the key")


def main() -> int:
    """Runs the soak."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    os.environ[passphrase.VARIABLE] = "a phrase of the soak"
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        made = ceremony(place)
        if os.environ.get("ZKSETTLE_NODE"):
            check_with_snarkjs(place, made)
        check_deposit(place / "home", made)
        check_changed_byte(place, made)
    print(f"a ceremony of leg and margin in {time.monotonic() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
