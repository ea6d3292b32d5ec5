"""Runs `zksettle home …`."""

from pathlib import Path
from typing import Any

from prover.backup import restoring, saving
from prover.backup.archive import Manifest
from prover.cli.frame.command import App, Done
from prover.machine import clock, units


def backup(app: App, file: Path) -> None:
    """Backs the home up and reports what is in the file."""
    manifest = saving.save(app.home, file, clock.now_ms())
    app.done = Done(f"the backup is in {file}", {"file": str(file)}, "`zksettle home check` tells what is in it.")
    app.screen.say(f"The backup is in {file}, and was read back and checked.", "good")
    _show(app, file, manifest)
    can = "sign as everybody whose keys are here, oracles and guardians too, and try passphrases on the wallets"
    app.screen.say(f"It contains secrets: who has it can {can}.", "warn")


def check(app: App, file: Path) -> None:
    """Checks a backup and reports what is in it."""
    manifest = restoring.check(file)
    app.screen.say("The backup is complete and undamaged.", "good")
    _show(app, file, manifest)


def restore(app: App, file: Path) -> None:
    """Restores a backup and reports the new home."""
    home = app.home
    manifest = restoring.restore(file, home)
    app.done = Done(f"the backup is restored in {home.path}", {"home": str(home.path)}, "Nothing is left to do.")
    app.screen.say(f"The backup is restored: its home is {home.path}.", "good")
    _show(app, file, manifest, {"home": str(home.path)})
    made = clock.text(manifest.made_ms)
    app.screen.say(f"It knows nothing of what happened after {made}: do not settle the same thing twice.", "warn")
    if home.validator.exists():
        said = "The validator's key is here without what it signed last: it signs nothing before"
        app.screen.say(f"{said} `zksettle validator recover`.", "warn")
    has_keys = any(each.name.startswith(f"{home.keys.name}/") for each in manifest.files)
    if manifest.ledger and not has_keys and not restoring.proves_nothing(home):
        app.screen.say("Its pool has keys of a ceremony: install them with `zksettle ceremony install`.", "warn")


def _show(app: App, file: Path, manifest: Manifest, more: dict[str, Any] | None = None) -> None:
    names = [each.name for each in manifest.files]
    wallets = [name.removeprefix("wallets/").removesuffix(".json") for name in names if _is_wallet(name)]
    state = manifest.ledger
    app.screen.fields([
        ("made", clock.text(manifest.made_ms)),
        ("size", f"{len(names)} files, {units.size(sum(each.size for each in manifest.files))}"),
        ("wallets", ", ".join(wallets) or "none"),
        ("ledger", f"{state.ledger_id[:16]}, up to event {state.height}" if state else "none"),
        *([("newest event", state.digest)] if state else []),
    ])  # fmt: skip
    app.screen.document({
        "file": str(file),
        "made_ms": manifest.made_ms,
        "wallets": wallets,
        "ledger": {"id": state.ledger_id, "height": state.height, "digest": state.digest} if state else None,
        "files": {each.name: {"bytes": each.size, "sha256": each.sha256} for each in manifest.files},
        **(more or {}),
    })  # fmt: skip


def _is_wallet(name: str) -> bool:
    return name.startswith("wallets/") and name.endswith(".json")
