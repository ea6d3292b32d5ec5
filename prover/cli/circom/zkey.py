"""`zksettle zkey`: phase 2 of a ceremony, one circuit's key, in snarkjs's order of arguments and in its files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prover.cli.circom import contributions, setup, zkeyexport
from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app

if TYPE_CHECKING:
    from zk.formats.sections import Source
    from zk.formats.zkeyfile import KeyFile

FINAL = "circuit_final.zkey"
KINDS = {"r1cs": "circuit.r1cs", "init": "circuit_0000.zkey"}  # what a key is verified from, and its usual name
BASE_BYTES, FILES_IN_MEMORY = 64 << 20, 4  # of memory, to contribute to a key

old_argument = click.argument("old", type=paths.Existing(), metavar="OLD.zkey")
new_argument = click.argument("new", type=paths.Output(), metavar="NEW.zkey")


@group()
def zkey() -> None:
    """Proving keys of circom circuits, and the part of a ceremony that is one circuit's own.

    `groth16 setup` begins, then many times `contribute`, one `beacon`; everybody can `verify` the result.
    """


zkey.add_command(setup.setup, "new")
zkey.add_command(zkeyexport.export)


@zkey.command("contribute")
@old_argument
@new_argument
@contributions.name_option
@contributions.entropy_option
@pass_app
def contribute(app: App, old: Path, new: Path, name: str | None, entropy: str) -> None:
    """Multiply a key with a secret that nobody learns, this program's user included.

    Nobody can forge proofs when one of its contributors is honest and the secret is gone.
    """
    from prover.cli.frame import watching
    from prover.machine import files
    from zk.ceremony import phase2
    from zk.formats import zkeyfile

    text = contributions.entropy_bytes(entropy)
    memory = _check_files(app, old, new)
    with watching.long_step(app, "Contributing", memory) as report, files.writing(new) as file:
        made = phase2.contribute(_read(old), name, text, report)
        zkeyfile.write(file, made)
    _say_contributed(app, new, name, made)


@zkey.command("beacon")
@old_argument
@new_argument
@click.argument("beacon", metavar="HEX")
@click.argument("exponent", type=int, metavar="EXPONENT")
@contributions.name_option
@pass_app
def beacon(app: App, old: Path, new: Path, beacon: str, exponent: int, name: str | None) -> None:
    """End the ceremony with a public value that nobody could choose, hashed 2^EXPONENT times, 2^10 to 2^26.

    Announce beforehand which value it will be: of a block that is not mined yet, of a lottery that is not drawn.
    """
    from prover.cli.frame import watching
    from prover.machine import files
    from zk.ceremony import phase2
    from zk.formats import zkeyfile

    value = paths.parse_hex(beacon, "HEX")
    memory = _check_files(app, old, new)
    with watching.long_step(app, "Contributing the beacon", memory) as report, files.writing(new) as file:
        made = phase2.beacon(_read(old), value, exponent, name, report)
        zkeyfile.write(file, made)
    _say_contributed(app, new, name, made)


@zkey.command("verify")
@click.argument("words", nargs=-1, metavar="[r1cs] [CIRCUIT.r1cs] [POWERS.ptau] [CIRCUIT.zkey]")
@pass_app
def verify(app: App, words: tuple[str, ...]) -> None:
    """Verify a key: that it is the circuit's, and every contribution to it.

    `zkey verify init FIRST.zkey POWERS.ptau CIRCUIT.zkey` takes an earlier key instead of the circuit: it is trusted to
    be the circuit's.

    Nothing is said of the powers of tau: `powersoftau verify` checks those.
    """
    from prover.cli.frame import watching
    from zk.ceremony import phase2check
    from zk.formats import openfile, ptau, r1csfile

    kind, origin, powers, path = _parse(words)
    with openfile.opened(origin) as source, ptau.opened(powers) as found:
        memory = _memory(path) + _memory_of_origin(kind, origin, source)
        contributions.compile_kernels(app)
        with watching.long_step(app, f"Verifying {path.name}", memory) as report:
            key = _read(path)
            if kind == "init":
                phase2check.verify_from(key, _read(origin), found, report)
            else:
                phase2check.verify(key, r1csfile.decode_terms(source, str(origin)), found, report)
    count = len(key.ceremony.contributions)
    app.screen.say(f"{path} is what {contributions.number(count)} made of {origin} and {powers}.", "good")
    _show(app, key, {"valid": True})


@zkey.command("info")
@click.argument("key", type=paths.Existing(), default=FINAL, metavar="[CIRCUIT.zkey]")
@pass_app
def info(app: App, key: Path) -> None:
    """Say what a key is and who is said to have contributed.  Nothing is verified."""
    _show(app, _read(key), {})


def _read(path: Path) -> "KeyFile":
    """The key in a file.  Raises FormatError when it is malformed."""
    from zk.formats import openfile, zkeyfile

    with openfile.opened(path) as source:
        return zkeyfile.decode(source, str(path))


def _memory_of_origin(kind: str, origin: Path, source: "Source") -> int:
    """About how much memory the key before phase 2 takes.  Raises FormatError when it or the circuit is malformed."""
    from zk.ceremony import initial_key as making
    from zk.formats import r1csfile

    if kind == "init":
        return _memory(origin)
    return making.memory_bytes(origin.stat().st_size, r1csfile.split(source, str(origin))[0].num_constraints)


def _memory(path: Path) -> int:
    """About how much memory it takes to change a key.  Raises FormatError, having read its header, when it is none."""
    from zk.formats import openfile, zkeyheader

    with openfile.opened(path) as source:
        zkeyheader.split(source, str(path))
        return BASE_BYTES + FILES_IN_MEMORY * path.stat().st_size


def _check_files(app: App, old: Path, new: Path) -> int:
    """About how much memory a contribution takes, after the kernels are there.

    Raises click.UsageError when a file would be written over its own source, FormatError when there is none or the new
    one has no folder.
    """
    paths.check_different({"OLD.zkey": old, "NEW.zkey": new})
    paths.check_folder(new)
    memory = _memory(old)
    contributions.compile_kernels(app)
    return memory


def _parse(words: tuple[str, ...]) -> tuple[str, Path, Path, Path]:
    """What a key is verified from, r1cs or init, and the three files, which have snarkjs's names if they have none."""
    kind, names = (words[0], words[1:]) if words and words[0] in KINDS else ("r1cs", words)
    usual = (KINDS[kind], "powersoftau.ptau", FINAL)
    if len(names) > len(usual):
        raise click.UsageError("three files are needed: the circuit or the first key, the powers of tau, and the key")
    return kind, *map(Path, (*names, *usual[len(names) :]))


def _say_contributed(app: App, new: Path, name: str | None, made: "KeyFile") -> None:
    digest = made.ceremony.contributions[-1].hash()
    app.screen.say(f"{new} has the contribution.  Publish its hash where others can compare it:")
    app.screen.block(contributions.hash_text(digest))
    document = {"file": str(new), "name": name, "hash": digest.hex()}
    app.screen.document(document | {"circuit_hash": made.ceremony.circuit_hash.hex()})


def _show(app: App, key: "KeyFile", more: dict[str, Any]) -> None:
    """What the key is, a table of the contributions, and a warning when anybody knows the secret."""
    screen, header, ceremony = app.screen, key.header, key.ceremony
    told = [(one.attribution, one.hash()) for one in ceremony.contributions]
    screen.fields([
        ("curve", "bn-128"),
        ("wires", f"{header.num_wires:,}"),
        ("public inputs", f"{header.num_public:,}"),
        ("domain", f"2^{header.log_size}"),
        ("circuit hash", contributions.hash_text(ceremony.circuit_hash)),
        ("beacon", "the last contribution" if told and told[-1][0].beacon else "none at the end"),
    ])  # fmt: skip
    if told:
        screen.gap()
        screen.table(contributions.COLUMNS, contributions.rows(told))
        screen.say("Names prove nothing: ask contributors for the hashes that they kept.", "dim")
    secrets = contributions.secrets(told)
    is_forgeable = secrets == 0 or header.is_forgeable
    if secrets == 0:
        screen.say("Nobody has contributed a secret: anybody can forge proofs under this key.", "bad")
    elif is_forgeable:
        screen.say("delta = ±gamma: anybody can forge proofs under this key.", "bad")
    elif secrets == 1:
        screen.say("Only one has contributed a secret, who alone could forge proofs under this key.", "warn")
    screen.document({
        **more,
        "curve": "bn128",
        "wires": header.num_wires,
        "public": header.num_public,
        "domain": 1 << header.log_size,
        "circuit_hash": ceremony.circuit_hash.hex(),
        "forgeable": is_forgeable,
        "secrets": secrets,
        "contributions": contributions.documents(told),
    })  # fmt: skip
