"""Runs `zksettle ledger promote …`."""

from collections.abc import Sequence
from pathlib import Path

from prover.cli.frame import paths, watching
from prover.cli.frame.command import App
from prover.cli.pool import validator_run
from prover.machine import clock
from prover.network.mirrors.mirror import Mirror
from prover.network.mirrors.validating import Validator
from prover.network.wire.client import Client, check_url
from prover.network.wire.refusals import Refused
from prover.network.wire.relay import Relay
from prover.operator import promoting
from prover.upkeep import warmup
from settlement.errors import Unavailable
from settlement.following import finality
from settlement.ledger import Ledger
from settlement.log import checkpoint, note, succession
from settlement.rejection import Rejected
from zk.errors import FormatError


def propose(app: App, size: int | None, number: int | None, url: str | None, output: Path | None) -> None:
    """Writes or shows the text of a succession that nobody has signed."""
    made = promoting.propose(app.home, size, number, None if url is None else check_url(url))
    _write(app, output, str(made), f"The proposal is in {output}: validators run `zksettle ledger promote sign` on it.")
    app.screen.document({"number": made.number, "size": made.size, "key": str(made.key), "proposal": str(made)})


def sign(app: App, proposal: Path, output: Path | None) -> None:
    """Signs a proposal as this home's validator."""
    own = validator_run.own_key(app)
    app.home.check_pool()
    text = paths.read_text(proposal)
    text = note.text_of(text) if "\n\n" in text else text
    with Ledger.open(app.home.ledger) as ledger:
        made = succession.read(text, checkpoint.origin(ledger.ledger_id))
        size = min(made.size, ledger.reader.last_event().height + 1)
        if own.validator not in finality.validators(ledger, size).members:
            raise FormatError(f"the pool did not name the validator {own.key} at that time")
        relay = Relay("http://nowhere", Client)  # a signature asks nobody
        mirror = Mirror(ledger, app.home.pool.path, relay.get)
        secret, state = own.secret, app.home.validator_state
        signed = Validator(mirror, relay, own.validator.name, secret, clock.now_ms, state).sign_succession(made)
    _write(app, output, signed, f"The signature is in {output}: `zksettle ledger promote finish` takes it.")
    app.screen.document({"number": made.number, "size": made.size, "validator": own.validator.name, "note": signed})


def finish(app: App, signed: Sequence[Path], tell: Sequence[str], output: Path | None) -> None:
    """Takes over, and brings the succession to services."""
    urls = [check_url(url) for url in tell]
    notes = [paths.read_text(path) for path in signed]
    with watching.show_progress(app):
        warmup.compile_kernels()
        done, merged = promoting.finish(app.home, notes, clock.now_ms())
    made, resent = done.succession, done.resent
    app.screen.say(f"This home is the operator's after {made.size} events, by succession {made.number}.", "good")
    if resent is not None:
        app.screen.say(f"Of what was void, {resent.settled} events settled again, and {resent.refused} were refused.")
    told = {url: _told(url, merged) for url in urls}
    for url, problem in told.items():
        app.screen.say(f"{url}: {problem or 'knows of it'}.", "warn" if problem else "good")
    if output is not None:
        _write(app, output, merged, f"The succession is in {output}.")
    app.screen.say("`zksettle ledger serve` serves it; who has joined elsewhere runs `zksettle pool join URL` again.")
    app.screen.document({
        "number": made.number, "size": made.size, "key": str(made.key), "succession": merged,
        "settled_again": 0 if resent is None else resent.settled, "refused": 0 if resent is None else resent.refused,
        "told": {url: problem is None for url, problem in told.items()},
    })  # fmt: skip


def _told(url: str, merged: str) -> str | None:
    """Brings the succession to a service; what is wrong, or None."""
    try:
        with Client(url) as client:
            client.post("/successions", merged.encode())
    except (Unavailable, Refused, Rejected) as error:
        return str(error)
    return None


def _write(app: App, output: Path | None, text: str, said: str) -> None:
    if output is None:
        app.screen.block(text.rstrip("\n"))
        return
    paths.check_folder(output)
    paths.write_text(output, text)
    app.screen.say(said)
