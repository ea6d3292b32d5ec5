"""Runs `zksettle governance …`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from prover.cli.frame import pairs, paths, workspace
from prover.cli.frame.command import App, Done
from prover.cli.trader import consent
from prover.machine import clock, files
from prover.operator import founderkeys, proposing
from prover.operator.ownkey import GOVERNOR
from prover.operator.proposing import Difference
from settlement import engine
from settlement.ledger import Ledger
from settlement.pool import governance, poolfile
from settlement.pool.governance import Change
from settlement.pool.pool import Pool
from settlement.rejection import Rejected
from zk.errors import Unsatisfied
from zk.formats import strictjson


def propose(app: App, file: Path, changes: tuple[str, ...], record_file: Path | None, within_minutes: int) -> None:
    """Writes an unsigned change of the newest parameters."""
    if not changes and record_file is None:
        raise click.UsageError("nothing would change: give --set NAME=VALUE, or a record with --from")
    paths.check_folder(file)
    named = pairs.named(changes)
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
    with workspace.ledger(app, read_only=True) as ledger:
        secrets = founderkeys.here(app.home, GOVERNOR, ledger.pool.governance.keys)
        if absent := [member for member in members if member - 1 not in secrets]:
            known = ", ".join(str(index + 1) for index in secrets)
            raise click.UsageError(f"the key of governor {absent[0]} is not here: there is that of {known}")
        chosen = [secrets[member - 1] for member in members] or list(secrets.values())
        change = _read(file)
        _check(ledger.pool, change, file)
        lines = [*_lines(proposing.differences(ledger, change)), _when(change)]
        consent.decide(app, lines, "Sign?", f"{'; '.join(lines)}.", must_ask=not is_agreed, remedy="--yes")
        signed = governance.sign(ledger.pool, change, chosen)
        _keep(app, ledger, signed, file)


def collect(app: App, file: Path, copies: Sequence[Path]) -> None:
    """Adds the signatures of copies of a change to it."""
    with workspace.ledger(app, read_only=True) as ledger:
        change = _read(file)
        _check(ledger.pool, change, file)
        collected = dict(change.signatures)
        for path in copies:
            copy = _read(path)
            if replace(copy, signatures=()) != replace(change, signatures=()):
                raise Unsatisfied(f"{path} is another change than {file}, so its signatures are not of this one")
            _check(ledger.pool, copy, path)
            collected |= dict(copy.signatures)
        _keep(app, ledger, replace(change, signatures=tuple(sorted(collected.items()))), file)


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


def _check(pool: Pool, change: Change, file: Path) -> None:
    """Raises Rejected when a signature in the file is not a governor's: nobody signs beside a forged one."""
    try:
        governance.signers(pool, change)
    except Rejected as rejected:
        raise Rejected(rejected.rejection, f"{file}: {rejected.detail}") from None


def _keep(app: App, ledger: Ledger, signed: Change, file: Path) -> None:
    """Writes the change with its signatures, and says whether they are enough."""
    files.replace(file, governance.encode(signed), files.PUBLIC_FILE)
    count, quorum = len(signed.signatures), _quorum(ledger.pool)
    enough = f": `zksettle governance submit {file}` announces it" if count >= quorum else ""
    have = "governor has" if count == 1 else "governors have"
    app.screen.say(f"{count} {have} signed, and it takes {quorum}{enough}.", "good")
    app.screen.document({**_document(ledger, signed), "file": str(file), "complete": count >= quorum})


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

