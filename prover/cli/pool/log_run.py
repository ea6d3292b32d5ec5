"""Runs the commands of `zksettle ledger …` about its log: checkpoints, and proofs that need nothing else."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from prover.cli.frame import paths, workspace
from prover.cli.frame.command import App
from prover.machine import clock
from prover.network.mirrors import mirror, opening
from prover.operator import promoting
from settlement import events
from settlement.events import Event
from settlement.following import finality
from settlement.ids import BundleId
from settlement.ledger import Ledger
from settlement.log import checkpoint, fork, note, proofs, succession, tree
from settlement.log.checkpoint import Checkpoint
from settlement.log.note import Key
from settlement.pool.validators import Validator, Validators
from zk.errors import FormatError, InvalidProof


def sign(app: App, output: Path | None) -> None:
    """Signs a checkpoint of the whole log, and writes it to a file or shows it."""
    with workspace.ledger(app, read_only=True) as ledger:
        named = _newest(ledger)
        signed = signed_note(app, ledger, named)
        _write(app, output, signed, f"The checkpoint of {named.size} events is in {output}.")
        app.screen.document({**_document(named), "checkpoint": signed, "key": str(checkpoint.key(ledger.pool))})


def prove_inclusion(app: App, event: str, checkpoint_file: Path | None, output: Path | None) -> None:
    """Writes a proof that an event is in the log of a checkpoint, by default of a new one."""
    with workspace.ledger(app, read_only=True) as ledger:
        named, signed = _named(app, ledger, checkpoint_file)
        height = height_of(ledger, event)
        if height >= named.size:
            newest = named.size - 1
            raise FormatError(f"the checkpoint ends at height {newest}, and the event at height {height} came later")
        found = ledger.reader.event(height)
        if found is None:
            raise FormatError(f"the ledger has no event at height {height}")
        hashes = tree.inclusion_proof(ledger.reader.log_node, height, named.size)
        text = proofs.write_inclusion(found.leaf, height, hashes, signed)
        _write(app, output, text, f"The proof that the event at height {height} is one of {named.size} is in {output}.")
        app.screen.document({**_document(named), "height": height, "kind": found.kind, "proof": text})


def prove_consistency(app: App, older_file: Path, output: Path | None) -> None:
    """Writes a proof that the history of an older checkpoint is the beginning of today's."""
    with workspace.ledger(app, read_only=True) as ledger:
        older, _ = _named(app, ledger, older_file)
        named = _newest(ledger)
        hashes = tree.consistency_proof(ledger.reader.log_node, older.size, named.size)
        text = proofs.write_consistency(older.size, hashes, signed_note(app, ledger, named))
        what = f"the first {older.size} of {named.size} events are those of the older checkpoint"
        _write(app, output, text, f"The proof that {what} is in {output}.")
        app.screen.document({**_document(named), "old_size": older.size, "proof": text})


def verify(app: App, proof: Path, older_file: Path | None, key_text: str | None) -> None:
    """Verifies a proof's file: of inclusion, or with an older checkpoint of consistency."""
    key, text = _key(app, key_text), paths.read_text(proof)
    if older_file is None:
        _show_included(app, proofs.verify_inclusion(text, key))
        return
    older = checkpoint.verify(paths.read_text(older_file), key)
    newer = proofs.verify_consistency(text, older, key)
    app.screen.say("The proof is valid.", "good")
    app.screen.fields([
        ("log", newer.origin),
        ("older", f"{older.size} events, root {older.root.hex()}"),
        ("newer", f"{newer.size} events, root {newer.root.hex()}, which begin with the older ones"),
    ])  # fmt: skip
    app.screen.document({"valid": True, **_document(newer), "old_size": older.size, "old_root": older.root.hex()})


def accuse(app: App, evidence: Path, key_text: str | None, validator_keys: Sequence[str]) -> None:
    """Verifies evidence of a fork, or of two successions of one number, and names everybody who signed both."""
    if key_text is None and validator_keys:
        raise click.UsageError("--validator goes with --key: the pool here names its own validators")
    text = paths.read_text(evidence)
    if key_text is not None:
        key = note.parse_key(key_text)
        parsed = [note.parse_key(each, note.COSIGNATURE) for each in validator_keys]
        members = tuple(Validator(each.name, each.public) for each in parsed)
        validators = Validators(members, len(members))
    else:
        with workspace.ledger(app, read_only=True) as ledger:
            key = finality.operators(ledger).newest
            validators = ledger.parameters(clock.now_ms()).validators
    if text.startswith(f"{succession.HEADER}\n"):
        _show_double(app, key.name, succession.double(text, key.name, validators))
        return
    found = fork.verify(text, key, validators)
    app.screen.say("The evidence holds: there are two histories of one ledger.", "bad")
    app.screen.fields([
        ("log", found.smaller.origin),
        ("one", f"{found.smaller.size} events, root {found.smaller.root.hex()}"),
        ("another", f"{found.larger.size} events, root {found.larger.root.hex()}, which do not begin with the first"),
        ("signed both", "\n".join(found.signers)),
    ])  # fmt: skip
    sizes = {"size": found.smaller.size, "other_size": found.larger.size}
    app.screen.document({"valid": True, "log": found.smaller.origin, **sizes, "signers": list(found.signers)})


def _show_double(app: App, log: str, names: Sequence[str]) -> None:
    app.screen.say("The evidence holds: an operator was given two successors.", "bad")
    app.screen.fields([("log", log), ("signed both", "\n".join(names))])
    app.screen.document({"valid": True, "log": log, "signers": list(names)})


def digest_of(app: App, text: str) -> bytes:
    """The digest that `--expect` names: 64 hexadecimal digits, or the root in a file with a signed checkpoint.

    Raises FormatError and InvalidProof when the checkpoint is not one of the home's ledger, click.UsageError when the
    text is neither.
    """
    path = Path(text)
    if path.is_file():
        with workspace.ledger(app, read_only=True) as ledger:
            return finality.operators(ledger).verify(paths.read_text(path)).root
    digest = paths.parse_hex(text, "--expect")
    if len(digest) != events.DIGEST_BYTES:
        raise click.UsageError("--expect must be the digest of an event, 64 hexadecimal digits, or a checkpoint's file")
    return digest


def _show_included(app: App, found: proofs.Included) -> None:
    event = events.read(found.leaf)
    if event.height != found.index:
        raise InvalidProof(f"the leaf is the event at height {event.height}, and not at {found.index}")
    named = found.checkpoint
    app.screen.say("The proof is valid.", "good")
    app.screen.fields([
        ("log", named.origin),
        ("checkpoint", f"{named.size} events, root {named.root.hex()}"),
        ("event", f"{event.kind} at height {event.height}, {clock.text(event.created_ms)}"),
        *_what(event),
    ])  # fmt: skip
    app.screen.document({
        "valid": True, **_document(named), "height": event.height, "kind": event.kind,
        "created_ms": event.created_ms, "body": event.body.hex(),
    })  # fmt: skip


def _what(event: Event) -> list[tuple[str, str]]:
    return [("bundle", event.body[:32].hex())] if event.kind == events.BUNDLE else []


def _key(app: App, text: str | None) -> Key:
    """The operator's key: the named one, otherwise that of the home's pool."""
    if text is not None:
        return note.parse_key(text)
    with workspace.ledger(app, read_only=True) as ledger:
        return finality.operators(ledger).newest


def _newest(ledger: Ledger) -> Checkpoint:
    last = ledger.reader.last_event()
    return Checkpoint(checkpoint.origin(ledger.ledger_id), last.height + 1, last.digest)


def _named(app: App, ledger: Ledger, file: Path | None) -> tuple[Checkpoint, str]:
    """The checkpoint in a file, which must be of this ledger's history, or a new one."""
    if file is None:
        named = _newest(ledger)
        return named, signed_note(app, ledger, named)
    signed = paths.read_text(file)
    named = finality.operators(ledger).verify(signed)
    event = ledger.reader.event(named.size - 1)
    if event is None or event.digest != named.root:
        raise InvalidProof(f"the checkpoint in {file} is not of this ledger's history: events were lost or replaced")
    return named, signed


def sign_newest(app: App, ledger: Ledger) -> str:
    """The checkpoint of the whole log, signed here.  Raises FormatError when the operator's key is not."""
    return signed_note(app, ledger, _newest(ledger))


def signed_note(app: App, ledger: Ledger, named: Checkpoint) -> str:
    """The signed checkpoint; where the ledger is a copy, as its operator signed it for the service."""
    if opening.url(app.home.pool) is not None:
        kept = mirror.read_kept(app.home.pool.path)
        if kept is not None and checkpoint.parse(note.text_of(kept)) == named:
            return kept
    return checkpoint.sign(named, promoting.signer(app.home, ledger))


def height_of(ledger: Ledger, text: str) -> int:
    """The height that a number or a bundle's id names."""
    if text.isascii() and text.isdecimal() and len(text) < 20:
        return int(text)
    bundle_id = BundleId(paths.parse_hex(text, "the event"))
    height = ledger.reader.bundle_height(bundle_id)
    if height is None:
        raise FormatError(f"no bundle with the id {bundle_id.hex()} has settled")
    return height


def _write(app: App, output: Path | None, text: str, said: str) -> None:
    if output is None:
        app.screen.block(text.rstrip("\n"))
        return
    paths.check_folder(output)
    paths.write_text(output, text)
    app.screen.say(said)


def _document(named: Checkpoint) -> dict[str, Any]:
    return {"log": named.origin, "size": named.size, "root": named.root.hex()}
