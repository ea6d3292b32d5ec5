"""Runs `zksettle governance …`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from prover.cli.frame import paths, workspace
from prover.cli.frame.command import App, Done
from prover.cli.trader import consent
from prover.machine import clock, files
from prover.operator import governors, proposing
from prover.operator.proposing import Difference
from settlement import engine, governance, poolfile
from settlement.governance import Change
from settlement.ledger import Ledger
from settlement.pool import Pool
from zk.formats import strictjson


def propose(app: App, file: Path, changes: tuple[str, ...], record_file: Path | None, within_minutes: int) -> None:
    """Writes an unsigned change of the newest parameters."""
    if not changes and record_file is None:
        raise click.UsageError("nothing would change: give --set NAME=VALUE, or a record with --from")
    paths.check_folder(file)
    named = _named(changes)
    with workspace.ledger(app, read_only=True) as ledger:
        newest = proposing.newest(ledger)
        whole: object = poolfile.parameters_json(newest)
        if record_file is not None:
            whole = strictjson.loads(paths.read_bytes(record_file), str(record_file), poolfile.MAX_PARAMETERS_BYTES)
        change = proposing.propose(ledger, whole, named, clock.now_ms(), within_minutes * 60_000)
        files.replace(file, governance.encode(change), files.PUBLIC_FILE)
        app.screen.say(f"The change is in {file}: it needs the signatures of {_quorum(ledger.pool)} governors.")
        _show(app, ledger, change, {"file": str(file)})


def sign(app: App, file: Path, members: tuple[int, ...], is_agreed: bool) -> None:
    """Shows a change, asks, and signs it as the governors whose keys are here."""
    secrets = governors.read(app.home.pool.governance)
    if absent := [member for member in members if member > len(secrets)]:
        raise click.UsageError(f"there is no governor {absent[0]} here: there are {len(secrets)}")
    chosen = [secrets[member - 1] for member in members] or list(secrets)
    with workspace.ledger(app, read_only=True) as ledger:
        change = _read(file)
        lines = [*_lines(proposing.differences(ledger, change)), _when(change)]
        consent.decide(app, lines, "Sign?", f"{'; '.join(lines)}.", must_ask=not is_agreed, remedy="--yes")
        signed = governance.sign(ledger.pool, change, chosen)
        files.replace(file, governance.encode(signed), files.PUBLIC_FILE)
        count, quorum = len(signed.signatures), _quorum(ledger.pool)
        enough = f": `zksettle governance submit {file}` announces it" if count >= quorum else ""
        app.screen.say(f"{count} of the pool's governors have signed, and it takes {quorum}{enough}.", "good")
        app.screen.document({**_document(ledger, signed), "file": str(file), "complete": count >= quorum})


def submit(app: App, file: Path) -> None:
    """Announces a signed change on the ledger."""
    data = paths.read_bytes(file, governance.MAX_CHANGE_BYTES)
    change = governance.decode(data)
    with workspace.ledger(app) as ledger:
        event = engine.govern(ledger, data, clock.now_ms())
        app.done = Done(f"the change is announced at height {event.height}", {"height": event.height}, "")
        app.screen.say(f"The change is announced at height {event.height}. Its parameters are {_when(change)}.", "good")
        app.screen.document({**_document(ledger, change), "height": event.height})


def show(app: App) -> None:
    """Shows the governors, the parameters in force, and what is announced."""
    with workspace.ledger(app, read_only=True) as ledger:
        pool, now_ms = ledger.pool, clock.now_ms()
        now = ledger.parameters(now_ms)
        coming = [each for each in ledger.reader.changes() if each.change.parameters.version > now.version]
        app.screen.fields([
            ("governors", f"{_quorum(pool)} of {len(pool.governance.keys)} must sign a change"),
            ("delay", f"{pool.governance.delay_ms // 60_000} minutes from its announcement to its force"),
            ("in force", f"version {now.version}"),
            *(("announced", f"version {each.change.parameters.version} at height {each.height}, {_when(each.change)}")
              for each in coming),
        ])  # fmt: skip
        app.screen.table(("parameter", "value"), [(name, value) for name, value in proposing.flat(now)])
        app.screen.document({
            "governors": [[str(x), str(y)] for x, y in pool.governance.keys],
            "quorum": pool.governance.quorum,
            "delay_ms": pool.governance.delay_ms,
            "parameters": poolfile.parameters_json(now),
            "announced": [
                {
                    "height": each.height,
                    "effective_ms": each.change.effective_ms,
                    "parameters": poolfile.parameters_json(each.change.parameters),
                }
                for each in coming
            ],
        })  # fmt: skip


def _named(texts: Sequence[str]) -> dict[str, str]:
    """{name: value} of NAME=VALUE texts.  Raises click.UsageError for another, or a name that is given twice."""
    named: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or name in named:
            raise click.UsageError(f"{text[:80]!r} is not NAME=VALUE, such as penalty_bps=800, or is named twice")
        named[name] = value
    return named


def _read(file: Path) -> Change:
    return governance.decode(paths.read_bytes(file, governance.MAX_CHANGE_BYTES))


def _quorum(pool: Pool) -> int:
    return pool.governance.quorum


def _when(change: Change) -> str:
    return f"in force from {clock.text(change.effective_ms)} on"


def _lines(differences: Sequence[Difference]) -> list[str]:
    return [f"{each.name}: {each.before} becomes {each.after}" for each in differences]


def _show(app: App, ledger: Ledger, change: Change, more: dict[str, Any]) -> None:
    differences = proposing.differences(ledger, change)
    app.screen.table(("parameter", "now", "then"), [(each.name, each.before, each.after) for each in differences])
    app.screen.say(f"Version {change.parameters.version}, {_when(change)}.")
    app.screen.document({**_document(ledger, change), **more})


def _document(ledger: Ledger, change: Change) -> dict[str, Any]:
    return {
        "version": change.parameters.version,
        "effective_ms": change.effective_ms,
        "changes": {
            each.name: {"before": each.before, "after": each.after} for each in proposing.differences(ledger, change)
        },
        "signatures": [governor + 1 for governor, _ in change.signatures],
    }

