"""What `zksettle ceremony` does."""

from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from circuits import pins
from prover.cli.circom import contributions_run
from prover.cli.frame import paths, watching
from prover.cli.frame.command import App
from prover.cli.pool import transcripts
from prover.machine import clock, files
from prover.operator import contributing, installing, signer
from prover.upkeep import warmup
from settlement.ceremony import contribution, transcript
from settlement.ceremony.transcript import Link, Transcript
from settlement.ceremony.verifying import Verified
from zk.ceremony import chacha
from zk.formats import zkeyfile
from zk.groth16 import keys


def start(app: App, folder: Path, powers: Path, chosen: tuple[str, ...]) -> None:
    """Begins a ceremony."""
    with watching.show_progress(app):
        warmup.compile_ceremony_kernels()
        begun = contributing.begin(folder, powers, chosen or pins.names(), clock.now_ms(), transcripts.step)
    app.screen.say(f"The ceremony begins in {folder}; add to it with `zksettle ceremony contribute {folder}`.")
    transcripts.display(app, begun)


def contribute(app: App, folder: Path, name: str, entropy: str, key: Path | None) -> None:
    """Adds a contribution of fresh secrets."""
    contribution.check_name(name, "the name")
    text = contributions_run.entropy_bytes(entropy)
    chacha.check_text(text)
    with watching.show_progress(app):
        signing = _signing_key(app, key)
        verified = transcripts.verified(folder, contributing.check_open)
        link = contributing.contribute(verified, name, text, signing, clock.now_ms(), transcripts.step)
    _show_added(app, link)


def beacon(app: App, folder: Path, value: str, iterations_exp: int, key: Path | None) -> None:
    """Adds the contribution of a beacon."""
    ending = contribution.parse_beacon(value.lower().removeprefix("0x"), iterations_exp, "the beacon")
    with watching.show_progress(app):
        signing = _signing_key(app, key)
        verified = transcripts.verified(folder, contributing.check_open)
        link = contributing.end(verified, ending, signing, clock.now_ms(), transcripts.step)
    _show_added(app, link)


def verify(app: App, folder: Path) -> None:
    """Verifies a ceremony and shows it."""
    with watching.show_progress(app):
        verified = transcripts.verified(folder)
    digests = _key_digests(verified)
    app.screen.say(f"The ceremony is valid: {transcripts.summary(verified.transcript)}.", "good")
    if not verified.transcript.is_by_many:
        app.screen.say("A single party may have made all of it, so `install` refuses its keys.", "warn")
    app.screen.fields([(f"{name} key", digest[:16]) for name, digest in digests.items()])
    transcripts.display(app, verified.transcript, {"sound": True, "keys": digests})


def status(app: App, folder: Path) -> None:
    """Shows a ceremony without verifying its points.  Raises click's Exit with code 1 when something is wrong."""
    found = transcript.survey(folder)
    transcripts.display(app, found)
    if found.problems:
        raise click.exceptions.Exit(1)


def install(app: App, folder: Path) -> None:
    """Verifies a ceremony and installs its keys."""
    with watching.show_progress(app):
        verified = transcripts.verified(folder, installing.check_by_many)
        warmup.compile_kernels()
        installed = installing.install(verified, app.home.keys, clock.now_ms(), transcripts.step)
    digest = verified.transcript.digest
    names, state = " and ".join(verified.keys), "are installed" if installed else "were already installed"
    app.screen.say(f"The keys of {names} {state}: {transcripts.summary(verified.transcript)}.")
    app.screen.fields([("transcript", digest)])
    app.screen.document({"transcript": digest, "installed": installed, "statements": list(verified.keys)})


def export(app: App, folder: Path, statement: str, output: Path) -> None:
    """Verifies a ceremony and writes one of its keys."""

    def check(found: Transcript) -> None:
        if statement not in {circuit.statement for circuit in found.start.circuits}:
            raise click.UsageError(f"the ceremony has no key of {statement}", click.get_current_context())
        for path in folder.iterdir():
            paths.check_different({"OUT.zkey": output, "the ceremony's own file": path})

    paths.check_folder(output)
    with watching.show_progress(app):
        verified = transcripts.verified(folder, check)
        with files.writing(output) as file:
            zkeyfile.write(file, verified.keys[statement])
    app.screen.say(f"The {statement} key is in {output}.")
    app.screen.document({"statement": statement, "zkey": str(output), "transcript": verified.transcript.digest})


def _signing_key(app: App, path: Path | None) -> Ed25519PrivateKey:
    """The key in this file, or the home's own."""
    return signer.own(app.home.ceremony_key) if path is None else signer.read(path)


def _show_added(app: App, link: Link) -> None:
    """Shows the new file and what to do with it."""
    fingerprint = contribution.fingerprint(link.head.public_key)
    what = "Your contribution" if link.head.beacon is None else "The beacon"
    app.screen.say(f"{what} is in {link.path}.", "good")
    app.screen.fields([
        ("attestation", contributions_run.hash_text(bytes.fromhex(link.digest))),
        ("your key", fingerprint),
        ("public key", link.head.public_key),
    ])  # fmt: skip
    app.screen.say("Publish the attestation where people know you, and pass the folder on.")
    app.screen.document({
        "file": str(link.path), "attestation": link.digest, "public_key": link.head.public_key,
        "fingerprint": fingerprint,
    })  # fmt: skip


def _key_digests(verified: Verified) -> dict[str, str]:
    """The digest of every statement's verifying key; empty before the first contribution."""
    if not verified.transcript.chain:
        return {}
    return {name: keys.digest(verified.verifying_key(name)).hex() for name in verified.keys}
