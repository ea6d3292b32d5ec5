"""`zksettle ceremony …`: keys of our statements under which no single party can forge, made by many together.

A ceremony is a folder that is passed from hand to hand; settlement/ceremony/transcript.py says what is in it.
"""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prover.cli.circom import contributions
from prover.cli.frame import paths, watching, workspace
from prover.cli.frame.command import App, group, pass_app
from prover.cli.pool import transcripts
from prover.cli.tools.names import StatementName, statement_argument
from zk.errors import FormatError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from settlement.ceremony.transcript import Link, Transcript
    from settlement.ceremony.verifying import Verified

folder_argument = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
key_option = click.option("--key", type=paths.Existing(), metavar="FILE",
                          help="Your Ed25519 key, PEM or OpenSSH's. Default: this home's own.")  # fmt: skip


@group()
def ceremony() -> None:
    """Make the statements' keys with many others.

    Nobody can forge when one contributor was honest, and one of those who made the powers of tau.  Nobody coordinates:
    take the folder, add one file to it with `contribute`, pass it on.
    """


@ceremony.command()
@folder_argument
@click.option("--powers", type=paths.Existing(), required=True, metavar="FILE.ptau",
              help="Powers of tau of anybody's ceremony, prepared for phase 2.")  # fmt: skip
@click.option("--statement", "chosen", type=StatementName(), multiple=True,
              help="Only these. Default: all that a pool needs.")  # fmt: skip
@pass_app
def start(app: App, folder: Path, powers: Path, chosen: tuple[str, ...]) -> None:
    """Begin a ceremony in a new FOLDER, from powers of tau."""
    from circuits import pins
    from prover.operator import contributing
    from prover.upkeep import warmup

    with _watched(app):
        warmup.compile_ceremony_kernels()
        found = contributing.begin(folder, powers, chosen or pins.names(), workspace.now_ms(), transcripts.step)
    app.screen.say(f"The ceremony begins in {folder}; `zksettle ceremony contribute {folder}` adds to it.")
    transcripts.display(app, found)


@ceremony.command()
@folder_argument
@click.option("--name", required=True, metavar="TEXT", help="Who you are, for everybody to read.")
@click.option("-e", "--entropy", "text", default="", metavar="TEXT",
              help="Anything random, mixed into the randomness of the operating system.")  # fmt: skip
@key_option
@pass_app
def contribute(app: App, folder: Path, name: str, text: str, key: Path | None) -> None:
    """Add your contribution to FOLDER, as one new file.

    All that is there is verified first.  Your secrets are drawn here and forgotten here.  Publish the attestation that
    is printed where people know you: with it anybody can tell that your file is in the transcript.
    """
    from prover.operator import contributing
    from settlement.ceremony import contribution
    from zk.ceremony import chacha

    contribution.check_name(name, "the contribution")
    added = contributions.entropy_bytes(text)
    if len(added) > chacha.MAX_TEXT_BYTES:
        raise FormatError(f"the text has {len(added)} bytes, and {chacha.MAX_TEXT_BYTES} is the limit")
    with _watched(app):
        signing = _signing_key(app, key)
        verified = transcripts.verified(folder, contributing.check_open)
        link = contributing.contribute(verified, name, added, signing, workspace.now_ms(), transcripts.step)
    _show_added(app, link)


@ceremony.command()
@folder_argument
@click.argument("value", metavar="HEX")
@click.argument("iterations_exp", type=click.IntRange(10, 26), metavar="EXP")
@key_option
@pass_app
def beacon(app: App, folder: Path, value: str, iterations_exp: int, key: Path | None) -> None:
    """End the ceremony with a public beacon: HEX, hashed 2^EXP times.

    A value that nobody could know before a time announced in advance, such as the hash of a block, leaves the last
    contributor no choice among keys.  Nothing can be added after it.
    """
    from prover.operator import contributing
    from settlement.ceremony import contribution

    ending = contribution.Beacon(value.lower().removeprefix("0x"), iterations_exp)
    contribution.check_beacon(ending, "the beacon")
    with _watched(app):
        signing = _signing_key(app, key)
        verified = transcripts.verified(folder, contributing.check_open)
        link = contributing.end(verified, ending, signing, workspace.now_ms(), transcripts.step)
    _show_added(app, link)


@ceremony.command()
@folder_argument
@pass_app
def verify(app: App, folder: Path) -> None:
    """Work a ceremony out again from FOLDER alone.

    The powers of tau, every statement's key from our own circuits, every contribution's proof, hash and signature.
    Whether the contributors are different people no program can tell: compare their keys with what they published.
    """
    with _watched(app):
        verified = transcripts.verified(folder)
    found = verified.transcript
    keys = _key_digests(verified)
    app.screen.say(f"The ceremony is what it says it is: {transcripts.people(found)}.", "good")
    if not found.is_by_many:
        app.screen.say("One party alone made it, as far as it shows: `install` refuses its keys.", "warn")
    app.screen.fields([(f"{name} key", digest[:16]) for name, digest in keys.items()])
    transcripts.display(app, found, {"sound": True, "keys": keys})


@ceremony.command()
@folder_argument
@pass_app
def status(app: App, folder: Path) -> None:
    """Show who contributed to FOLDER, and what is missing.

    Digests and signatures are looked at; `verify` looks at the points too.  The exit code is 1 when something is wrong.
    """
    from settlement.ceremony import transcript

    found = transcript.survey(folder)
    transcripts.display(app, found)
    if found.problems:
        raise click.exceptions.Exit(1)


@ceremony.command()
@folder_argument
@pass_app
def install(app: App, folder: Path) -> None:
    """Put the keys of a ceremony, verified, into this home.

    `zksettle pool new` founds pools with them, and `zksettle prove` proves with them.  Two keys must have signed
    contributions, and two parties must have made the powers.  That nobody pretended to be two no program can tell:
    look at who they are with `status`.
    """
    from prover.operator import installing
    from prover.upkeep import warmup

    with _watched(app):
        verified = transcripts.verified(folder, installing.check_by_many)
        warmup.compile_kernels()
        made = installing.install(verified, app.home.keys, workspace.now_ms(), transcripts.step)
    found = verified.transcript
    names, done = " and ".join(verified.keys), "installed" if made else "installed already"
    app.screen.say(f"The keys of {names} are {done}; {transcripts.people(found)} made them.")
    app.screen.fields([("transcript", found.digest)])
    app.screen.document({"transcript": found.digest, "installed": made, "statements": list(verified.keys)})


@ceremony.command()
@folder_argument
@statement_argument
@click.argument("output", type=click.Path(dir_okay=False, path_type=Path), metavar="OUT.zkey")
@pass_app
def export(app: App, folder: Path, statement: str, output: Path) -> None:
    """Write a statement's key as a .zkey file.

    With `zksettle circuit export` and the powers in FOLDER, `snarkjs zkey verify` can check it.
    """
    from prover.machine import files
    from zk.formats import zkeyfile

    def check(found: "Transcript") -> None:
        if statement not in {circuit.statement for circuit in found.start.circuits}:
            raise click.UsageError(f"this ceremony is not about {statement}", click.get_current_context())
        for path in folder.iterdir():
            paths.check_different({"OUT.zkey": output, "the ceremony's own file": path})

    paths.check_folder(output)
    with _watched(app):
        verified = transcripts.verified(folder, check)
        with files.writing(output) as file:
            zkeyfile.write(file, verified.keys[statement])
    app.screen.say(f"The {statement} key is in {output}.")
    app.screen.document({"statement": statement, "zkey": str(output), "transcript": verified.transcript.digest})


def _watched(app: App) -> AbstractContextManager[None]:
    """Progress is shown until the context ends."""

    return watching.show_progress(app)


def _signing_key(app: App, key: Path | None) -> "Ed25519PrivateKey":
    """The key that is given, or the home's own."""
    from prover.operator import signer

    return signer.own(app.home.ceremony_key) if key is None else signer.read(key)


def _show_added(app: App, link: "Link") -> None:
    """The file that was added, and what to do with it."""
    from settlement.ceremony import contribution

    screen = app.screen
    screen.say(f"{'Your contribution' if link.head.beacon is None else 'The beacon'} is {link.path}.", "good")
    screen.fields([
        ("attestation", contributions.hash_text(bytes.fromhex(link.digest))),
        ("your key", contribution.fingerprint(link.head.public_key)),
        ("public key", link.head.public_key),
    ])  # fmt: skip
    screen.say("Publish the attestation where people know you, and pass the folder on.")
    screen.document({
        "file": str(link.path), "attestation": link.digest, "public_key": link.head.public_key,
        "fingerprint": contribution.fingerprint(link.head.public_key),
    })  # fmt: skip


def _key_digests(verified: "Verified") -> dict[str, str]:
    """The digest of every statement's verifying key; none before the first contribution."""
    from zk.groth16 import keys

    if not verified.transcript.chain:
        return {}
    return {name: keys.digest(verified.verifying_key(name)).hex() for name in verified.keys}
