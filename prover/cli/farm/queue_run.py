"""Runs `zksettle prover queue init|rekey|retry|drain|resume|pardon`."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from prover.cli.frame import failure, paths
from prover.cli.frame.command import App
from prover.farm import control, farmkey, opening
from prover.farm.farmkey import KEY_BYTES, FarmPublic
from prover.farm.jobs import ID_BYTES
from settlement import databases

POLL_S = 0.2


def init(app: App, queue: str, key_file: Path | None) -> None:
    """Makes the queue, or upgrades it."""
    path = app.home.farm_key if key_file is None else key_file
    farm = opening.init(queue, path)
    app.screen.say(f"The queue at {databases.shown(queue)} is ready.", "good")
    _show_key(app, farm, path)
    app.screen.document(_key_document(queue, farm, path))


def _show_key(app: App, farm: FarmPublic, path: Path) -> None:
    app.screen.fields([
        ("farm's key", f"{path}: secret; each worker needs this file, and nobody else"),
        ("public key", f"{farm.text()[: 2 * KEY_BYTES]}\n{farm.text()[2 * KEY_BYTES :]}"),
        ("fingerprint", farm.fingerprint()),
        ("a worker", f"zksettle prover worker --queue URL --key {path}"),
    ])  # fmt: skip


def _key_document(queue: str, farm: FarmPublic, path: Path) -> dict[str, Any]:
    return {
        "queue": databases.shown(queue), "key": str(path), "public": farm.text(), "fingerprint": farm.fingerprint(),
    }  # fmt: skip


def retry(app: App, queue: str, jobs: Sequence[str], is_all: bool) -> None:
    """Queues parked jobs again."""
    if bool(jobs) == is_all:
        raise click.UsageError("name the jobs, or say --all")
    ids = None if is_all else [_identifier(text, ID_BYTES, "job") for text in jobs]
    count = control.retry(queue, ids)
    app.screen.say(f"{count} parked job{'' if count == 1 else 's'} queued again.")
    app.screen.document({"queued": count})
    if ids is not None and count < len(set(ids)):
        app.screen.say(f"{len(set(ids)) - count} of these are not parked.", "warn")
        click.get_current_context().exit(failure.REFUSED)


def drain(app: App, queue: str, patience: int) -> None:
    """Has the queue take no more jobs, and waits until it is empty."""
    left = _drained(queue, patience)
    app.screen.say("The queue takes no more jobs" + (f"; {left} are still queued." if left else ", and is empty."))
    app.screen.document({"draining": True, "queued": left})
    if left and patience:
        click.get_current_context().exit(failure.REFUSED)


def rekey(app: App, queue: str, new_key: Path, patience: int) -> None:
    """Gives the queue a new key, when it is empty or the patience is over."""
    keys = farmkey.find(new_key) or farmkey.create(new_key)
    if opening.public_key(queue) != keys.public:
        _drained(queue, patience)
    farm, withdrawn = opening.rekey(queue, new_key)
    app.screen.say(f"The queue at {databases.shown(queue)} has a new key, and takes jobs again.", "good")
    _show_key(app, farm, new_key)
    if withdrawn:
        app.screen.say(f"Withdrawn, because they were sealed to the old key: {withdrawn} jobs.", "warn")
    app.screen.document(_key_document(queue, farm, new_key) | {"withdrawn": withdrawn})


def _drained(queue: str, patience: int) -> int:
    """Has the queue take no more jobs, and waits until it is empty, so many seconds at most.  How many are left."""
    control.drain(queue)
    deadline_s = time.monotonic() + patience
    while (left := control.status(queue).queued) and time.monotonic() < deadline_s:
        time.sleep(POLL_S)
    return left


def resume(app: App, queue: str) -> None:
    """Has the queue take jobs again."""
    control.resume(queue)
    app.screen.say("The queue takes jobs again.")
    app.screen.document({"draining": False})


def pardon(app: App, queue: str, worker: str) -> None:
    """Removes the evidence against a worker."""
    digits = worker.lower()
    known = {each.identity.hex() for each in control.status(queue).workers if each.is_accused}
    found = [identity for identity in known if identity.startswith(digits)]
    if len(found) != 1:
        what = "more than one worker's key begins" if found else "the key of no worker that is quarantined begins"
        raise click.UsageError(f"{what} with {worker[:80]!r}")
    count = control.pardon(queue, bytes.fromhex(found[0]))
    app.screen.say(f"The worker {found[0]} may work again; start it again if it has ended.")
    app.screen.document({"worker": found[0], "pardoned": count})


def _identifier(text: str, length: int, what: str) -> bytes:
    """The bytes of an id.  Raises click.UsageError."""
    found = paths.parse_hex(text, f"the {what} {text[:80]!r}")
    if len(found) != length:
        raise click.UsageError(f"the {what} {text[:80]!r} does not have {2 * length} digits")
    return found
