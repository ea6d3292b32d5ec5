"""`zksettle powersoftau`: phase 1 of a ceremony, in snarkjs's order of arguments and in its files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prover.cli.circom import contributions
from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app

if TYPE_CHECKING:
    from zk.formats.ptau import Powers
    from zk.formats.ptaucontributions import PowersContribution

CURVES = ("bn128", "bn254", "altbn128")
MOST_BYTES = 96 << 20  # of memory that a command takes which works piece by piece
BYTES_PER_POWER = 500  # of memory, where that is less

input_argument = click.argument("old", type=paths.Existing(), metavar="POWERS.ptau")
output_argument = click.argument("new", type=paths.Output(), metavar="NEW.ptau")


@group()
def powersoftau() -> None:
    """Powers of tau: the part of a ceremony that is the same for every circuit.

    `new`, then many times `contribute`, one `beacon`, `prepare phase2`; everybody can `verify` the result.
    """


@powersoftau.command("new")
@click.argument("curve", type=click.Choice(CURVES, case_sensitive=False))
@click.argument("power", type=click.IntRange(1, 28))
@output_argument
@pass_app
def new(app: App, curve: str, power: int, new: Path) -> None:
    """Begin a ceremony for circuits of up to 2^POWER constraints."""
    from prover.cli.frame import watching
    from prover.machine import files
    from zk.ceremony import phase1

    paths.check_folder(new)
    with watching.long_step(app, "Beginning", _piecewise(power)) as report, files.writing(new) as file:
        challenge = phase1.new(power, file, report)
    app.screen.say(f"{new} is a ceremony that nobody has contributed to.  Its first challenge:")
    app.screen.block(contributions.hash_text(challenge))
    app.screen.document({"file": str(new), "power": power, "challenge": challenge.hex()})


@powersoftau.command("contribute")
@input_argument
@output_argument
@contributions.name_option
@contributions.entropy_option
@pass_app
def contribute(app: App, old: Path, new: Path, name: str | None, entropy: str) -> None:
    """Multiply the powers with secrets that nobody learns, this program's user included.

    The result is safe for all when one of its contributors is honest and the secrets are gone.
    """
    from prover.cli.frame import watching
    from prover.machine import files
    from zk.ceremony import phase1
    from zk.formats import ptau

    _check_output(old, new)
    _compile_kernels(app, old)
    text = contributions.entropy_bytes(entropy)
    with files.writing(new) as file, ptau.opened(old) as found:
        with watching.long_step(app, "Contributing", _piecewise(found.power)) as report:
            digest = phase1.contribute(found, file, name, text, report)
    _say_contributed(app, new, name, digest)


@powersoftau.command("beacon")
@input_argument
@output_argument
@click.argument("beacon", metavar="HEX")
@click.argument("exponent", type=int, metavar="EXPONENT")
@contributions.name_option
@pass_app
def beacon(app: App, old: Path, new: Path, beacon: str, exponent: int, name: str | None) -> None:
    """End the ceremony with a public value that nobody could choose, hashed 2^EXPONENT times.

    Announce beforehand which value it will be: of a block that is not mined yet, of a lottery that is not drawn.
    """
    from prover.cli.frame import watching
    from prover.machine import files
    from zk.ceremony import phase1
    from zk.formats import ptau

    value = paths.parse_hex(beacon, "HEX")
    _check_output(old, new)
    _compile_kernels(app, old)
    with files.writing(new) as file, ptau.opened(old) as found:
        with watching.long_step(app, "Contributing the beacon", _piecewise(found.power)) as report:
            digest = phase1.beacon(found, file, value, exponent, name, report)
    _say_contributed(app, new, name, digest)


def _piecewise(power: int) -> int:
    """The memory that a command takes for 2^power powers, a piece at a time: so much for each, up to a limit."""
    return min(MOST_BYTES, BYTES_PER_POWER << power)


def _compile_kernels(app: App, old: Path) -> None:
    """Compiles what is not compiled yet, so that no estimate of a step has that in it, unless the file is no good."""
    from zk.formats import ptau

    with ptau.opened(old):
        pass  # its header and its lengths are right
    contributions.compile_kernels(app)


def _check_output(old: Path, new: Path) -> None:
    """Raises click.UsageError when a file would be written over its own source, FormatError when it has no folder."""
    paths.check_different({"POWERS.ptau": old, "NEW.ptau": new})
    paths.check_folder(new)


def _say_contributed(app: App, new: Path, name: str | None, digest: bytes) -> None:
    app.screen.say(f"{new} has the contribution.  Publish its hash where others can compare it:")
    app.screen.block(contributions.hash_text(digest))
    app.screen.document({"file": str(new), "name": name, "hash": digest.hex()})


@powersoftau.group("prepare")
def prepare() -> None:
    """Make powers ready for circuits."""


@prepare.command("phase2")
@input_argument
@output_argument
@pass_app
def prepare_phase2(app: App, old: Path, new: Path) -> None:
    """Add the Lagrange points that `groth16 setup` takes its keys from."""
    from prover.cli.frame import watching
    from prover.machine import files
    from zk.ceremony import preparation
    from zk.formats import ptau

    _check_output(old, new)
    _compile_kernels(app, old)
    with files.writing(new) as file, ptau.opened(old) as found:
        memory = _piecewise(found.power) + preparation.memory_bytes(found.power)
        with watching.long_step(app, "Preparing phase 2", memory) as report:
            preparation.prepare(found, file, report)
    app.screen.say(f"{new} is prepared for phase 2, of circuits of up to 2^{found.power} constraints.")
    app.screen.document({"file": str(new), "power": found.power})


@powersoftau.command("truncate")
@click.argument("old", type=paths.Existing(), metavar="POWERS.ptau")
@click.argument("prefix", required=False, metavar="[PREFIX]")
@pass_app
def truncate(app: App, old: Path, prefix: str | None) -> None:
    """Write a shorter copy for every smaller power: PREFIX01.ptau, PREFIX02.ptau, …

    The default for PREFIX is the file's own name without .ptau, and an underscore.
    """
    from prover.cli.frame import watching
    from prover.machine import files
    from zk.ceremony import phase1
    from zk.formats import ptau

    prefix = f"{old.with_suffix('')}_" if prefix is None else prefix
    with ptau.opened(old) as found:
        outputs = [Path(f"{prefix}{power:02}.ptau") for power in range(1, found.power)]
        for path in outputs:
            _check_output(old, path)
        with watching.long_step(app, "Shortening", _piecewise(found.power)) as report:
            for power, path in enumerate(outputs, 1):
                with files.writing(path) as file:
                    phase1.truncate(found, power, file)
                report(1 << power, 1 << found.power)
    for path in outputs:
        app.screen.say(str(path))
    app.screen.document({"files": list(map(str, outputs))})


@powersoftau.command("verify")
@input_argument
@pass_app
def verify(app: App, old: Path) -> None:
    """Verify every contribution, every power, every hash and every Lagrange point."""
    from prover.cli.frame import watching
    from zk.ceremony import phase1check
    from zk.formats import ptau

    with ptau.opened(old) as powers:
        _compile_kernels(app, old)
        with watching.long_step(app, f"Verifying {old.name}", phase1check.memory_bytes(powers)) as report:
            found = phase1check.verify(powers, report)
    count = contributions.number(len(found))
    app.screen.say(f"The powers of tau in {old} are what {count} made of them.", "good")
    _show(app, powers, found, {"valid": True})


@powersoftau.command("info")
@input_argument
@pass_app
def info(app: App, old: Path) -> None:
    """Say what a file is and who is said to have contributed.  Nothing is verified."""
    from zk.formats import ptau, ptaucontributions

    with ptau.opened(old) as powers:
        _compile_kernels(app, old)
        found = ptaucontributions.decode(powers.contributions)
    _show(app, powers, found, {})


def _show(app: App, powers: "Powers", found: "tuple[PowersContribution, ...]", more: dict[str, Any]) -> None:
    """What there is, and a table of the contributions."""
    screen, told = app.screen, [(one.attribution, one.response_hash()) for one in found]
    shortened = f", shortened from 2^{powers.ceremony_power}" if powers.is_truncated else ""
    screen.fields([
        ("curve", "bn-128"),
        ("constraints", f"up to 2^{powers.power}{shortened}"),
        ("phase 2", "prepared" if powers.is_prepared else "not prepared: `powersoftau prepare phase2` does it"),
        ("beacon", "the last contribution" if told and told[-1][0].beacon else "none at the end"),
    ])  # fmt: skip
    if told:
        screen.gap()
        screen.table(contributions.COLUMNS, contributions.rows(told))
    secrets = contributions.secrets(told)
    if secrets == 0:
        screen.say("Nobody has contributed a secret: anybody can forge proofs under every key made from them.", "bad")
    elif secrets == 1:
        screen.say("Only one has contributed a secret, who alone could forge proofs under every key from them.", "warn")
    screen.document({
        **more,
        "curve": "bn128",
        "power": powers.power,
        "ceremony_power": powers.ceremony_power,
        "prepared": powers.is_prepared,
        "forgeable": secrets == 0,
        "secrets": secrets,
        "contributions": [
            {**document, "next_challenge": one.next_challenge.hex()}
            for document, one in zip(contributions.documents(told), found, strict=True)
        ],
    })  # fmt: skip
