"""`zksettle bench …`: measurements that name the machine they were made on."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app
from prover.cli.tools import benchoutput
from prover.cli.tools.names import StatementName

if TYPE_CHECKING:
    from prover.bench.report import Found
    from prover.proofs.keystores import Keystore

LOG_SIZES = (12, 14, 16, 18)
BATCHES = (1, 2, 4, 8, 16, 32, 64)
DIGITS = 16  # of a key file's SHA-256


def _sizes(least: int, most: int, default: tuple[int, ...], what: str):
    """The option --sizes."""
    return click.option("--sizes", type=benchoutput.Sizes(least, most), metavar="N,N,…", show_default=True,
                        default=",".join(map(str, default)), help=what)  # fmt: skip


def _circuit(zkey: Path) -> str:
    """A circom circuit's name in a report: that of its key's file, and which key it is.

    Raises FormatError when the file cannot be read.
    """
    from prover.machine import files

    return f"{zkey.stem} {files.digest(zkey)[:DIGITS]}"


@group()
def bench() -> None:
    """Measure proving and the kernels below it."""


@bench.command()
@benchoutput.options_on_one_thread
@pass_app
def kernels(app: App, runs: int, **options) -> None:
    """Measure the parts that proofs are made of.

    Field operations, additions of points, a pairing check, hashes.
    """

    def found(keystore: "Keystore") -> "Found":
        from prover.bench import kernels

        return kernels.bench(keystore, runs)

    benchoutput.run(app, {"benchmark": "kernels"}, found, **options)


@bench.command()
@_sizes(1, 22, LOG_SIZES, "Logarithms of the numbers of points.")
@benchoutput.options
@pass_app
def msm(app: App, sizes: tuple[int, ...], runs: int, **options) -> None:
    """Measure multi-scalar multiplications.

    Over G1 and G2, uniform scalars, one thread and all of them.
    """

    def found(keystore: "Keystore") -> "Found":
        from prover.bench import multiplications

        return multiplications.bench(sizes, runs)

    benchoutput.run(app, {"benchmark": "msm"}, found, **options)


@bench.command()
@_sizes(1, 22, LOG_SIZES, "Logarithms of the numbers of points.")
@benchoutput.options_on_one_thread
@pass_app
def ntt(app: App, sizes: tuple[int, ...], runs: int, **options) -> None:
    """Measure number-theoretic transforms.

    Over Fr, each on one thread.
    """

    def found(keystore: "Keystore") -> "Found":
        from prover.bench import transforms

        return transforms.bench(sizes, runs)

    benchoutput.run(app, {"benchmark": "ntt"}, found, **options)


@bench.command()
@click.argument("statement", type=StatementName(), required=False)
@click.option("--zkey", type=paths.Existing(), metavar="CIRCUIT.zkey", help="The key of a circom circuit instead.")
@click.option("--wtns", type=paths.Existing(), metavar="WITNESS.wtns", help="Its witness.")
@benchoutput.options
@pass_app
def prove(
    app: App, statement: str | None, zkey: Path | None, wtns: Path | None, runs: int, **options
) -> None:
    """Measure a proof of STATEMENT, or of a circom circuit.

    Each step, and the phases of the proof beside what their products alone would take.
    """
    if (zkey is None) != (wtns is None) or (statement is None) == (zkey is None):
        raise click.UsageError("give a STATEMENT, or both --zkey and --wtns")

    def found(keystore: "Keystore") -> "Found":
        from prover.bench import prove

        return prove.bench(statement, keystore, runs) if zkey is None else prove.bench_circom(zkey, wtns, runs)

    about = {"statement": statement} if zkey is None else {"circuit": _circuit(zkey)}
    benchoutput.run(app, {"benchmark": "prove", **about}, found, **options)


@bench.command()
@click.option("--statement", type=StatementName(), default="leg", show_default=True, help="Whose proofs are verified.")
@_sizes(1, 4096, BATCHES, "Numbers of proofs in a batch.")
@benchoutput.options
@pass_app
def verify(app: App, statement: str, sizes: tuple[int, ...], runs: int, **options) -> None:
    """Measure verifying one proof, and batches."""

    def found(keystore: "Keystore") -> "Found":
        from prover.bench import verification

        return verification.bench(statement, keystore, sizes, runs)

    benchoutput.run(app, {"benchmark": "verify", "statement": statement}, found, **options)


@bench.command()
@click.option("--statement", type=StatementName(), default="leg", show_default=True, help="What is proved.")
@_sizes(1, 1024, BATCHES, "Numbers of proofs in a batch.")
@benchoutput.options
@pass_app
def throughput(app: App, statement: str, sizes: tuple[int, ...], runs: int, **options) -> None:
    """Measure how many proofs a second are made.

    In this process, and by the prover service if it runs in this home.
    """

    def found(keystore: "Keystore") -> "Found":
        from prover.bench import throughput

        return throughput.bench(statement, keystore, app.home.service, sizes, runs)

    benchoutput.run(app, {"benchmark": "throughput", "statement": statement}, found, **options)


@bench.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--rapidsnark", type=paths.Existing(), metavar="PROGRAM", help="rapidsnark's prover, if you have it.")
@click.option("--ceremony", type=click.IntRange(1, 20), metavar="POWER",
              help="Also the way to a key: preparing 2^POWER powers of tau; setting up, contributing to and verifying "
                   "the key of FOLDER's circuit.r1cs. snarkjs takes minutes.")
@benchoutput.options
@pass_app
def peers(
    app: App, folder: Path, rapidsnark: Path | None, ceremony: int | None, runs: int, **options
) -> None:
    """Measure other provers on the files in FOLDER, and this one.

    FOLDER has circuit.zkey, witness.wtns and verification_key.json, as snarkjs writes them, and circuit.r1cs for
    provers that make their own key. snarkjs runs where ZKSETTLE_NODE names the folder in which npm installed it,
    zksnake where pip did.
    """
    from prover.bench.peerfiles import Missing

    def found(keystore: "Keystore") -> "Found":
        from prover.bench import peers

        return peers.bench(folder, rapidsnark, app.home.path, runs, ceremony)

    try:
        benchoutput.run(app, {"benchmark": "peers", "circuit": _circuit(folder / "circuit.zkey")}, found, **options)
    except Missing as error:
        raise click.ClickException(str(error)) from None
