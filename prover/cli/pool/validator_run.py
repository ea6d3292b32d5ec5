"""Runs `zksettle validator …`."""

from pathlib import Path

import click

from prover.cli.frame import paths, watching
from prover.cli.frame.command import App
from prover.cli.pool import cosigning
from prover.network.mirrors import duty, opening
from prover.network.mirrors.duty import Promise
from prover.network.mirrors.mirror import fetch_pool
from prover.network.wire import evidence
from prover.network.wire.client import Client
from prover.operator import joining, validatorkey
from prover.operator.validatorkey import Own
from prover.upkeep import warmup
from settlement.following import finality
from settlement.ledger import Ledger
from settlement.log import checkpoint, cosignature, note
from settlement.pool import poolfile
from zk.errors import FormatError


def key(app: App, name: str | None) -> None:
    """Shows the validator's key, and makes it the first time."""
    path = app.home.validator
    if not path.exists():
        if name is None:
            raise click.UsageError("there is no key yet: say --name NAME, which the cosignatures will show")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        duty.begin(app.home.validator_state)  # a new key has promised nothing
        own = validatorkey.create(path, name)
        app.screen.say(f"The key is made. Its secret is in {path}; keep a copy.")
    else:
        own = validatorkey.read(path)
        if name not in (None, own.validator.name):
            raise FormatError(f"the key here has another name, {own.validator.name}")
    app.screen.fields([("validator", own.validator.name), ("key", str(own.key))])
    app.screen.document({"name": own.validator.name, "key": str(own.key)})


def own_key(app: App) -> Own:
    """The validator's key of this home.  Raises FormatError when there is none."""
    if not app.home.validator.exists():
        raise FormatError("there is no validator's key here: make one with `zksettle validator key --name NAME`")
    return validatorkey.read(app.home.validator)


def run(
    app: App, url: str | None, fingerprint: str | None, once: bool, listen: str | None, is_public: bool
) -> None:  # fmt: skip
    """Follows and cosigns until Ctrl-C, or once; with `listen`, serves what was verified."""
    if once and listen is not None:
        raise click.UsageError("--once ends, and --listen does not: choose one")
    home, own = app.home, own_key(app)
    joined = opening.joined(home.pool) if home.pool.exists() else None
    if joined is not None and joined.is_light:
        raise FormatError(
            f"the copy in {home.path} is a light one, which trusts the validators, so it can be none of them: run"
            " `zksettle pool join --full` first"
        )
    there = None if joined is None else joined.url
    if home.pool.exists() and there is None:
        raise FormatError(f"the pool in {home.path} is not the one behind {url or 'a service'}: choose another --home")
    if there is None and url is None:
        raise click.UsageError("this home has joined no pool: say --of URL")
    if url is not None and there is not None and url != there:
        _check_same(app, url)
    with watching.show_progress(app):
        warmup.compile_kernels()
        if there is None:
            with Client(str(url)) as client:
                joining.follow(home, client, fingerprint)
        with Ledger.open(home.ledger) as ledger:
            _check_named(ledger, own)
        cosigning.run(app, own, url or str(there), once, listen, is_public=is_public)


def decide(app: App, name: str) -> None:
    """Gives evidence another name, so that the validator cosigns again."""
    app.home.check_pool()
    try:
        path = evidence.decide(app.home.pool.path, name)
    except FileNotFoundError:
        raise FormatError(f"there is no evidence named {name!r:.80} in {app.home.pool.path}") from None
    app.screen.say(f"The evidence is in {path} now, and the validator cosigns again.", "warn")
    app.screen.document({"decided": path.name})


def recover(app: App, signed: Path | None, never: bool) -> None:
    """Writes down what the key signed last, by a note that it cosigned."""
    own = own_key(app)
    app.home.check_pool()
    if (signed is None) != never:
        raise click.UsageError("say --signed FILE, or --never")
    with Ledger.open(app.home.ledger, read_only=True) as ledger:
        ledger_id, operators = ledger.ledger_id, finality.operators(ledger)
    if signed is None:
        promise = Promise(ledger_id, 0, 0, bytes(32), bytes(32))
    else:
        text = paths.read_text(signed)
        named = checkpoint.parse(note.text_of(text))
        if named.origin != checkpoint.origin(ledger_id):
            raise FormatError(f"the checkpoint is of the log {named.origin!r:.80}, not of this pool's")
        cosignature.time(text, own.key)
        promise = Promise(ledger_id, operators.number, named.size, named.root, bytes(32))
    duty.recover(app.home.validator_state, promise)
    app.screen.say(f"The validator signs nothing smaller than {promise.size} events, nor of another history.")
    app.screen.document({"size": promise.size, "number": promise.number})


def _check_same(app: App, url: str) -> None:
    """Raises FormatError unless the service at the URL has this home's pool."""
    with Client(url) as client, Ledger.open(app.home.ledger, read_only=True) as ledger:
        if poolfile.ledger_id(fetch_pool(client.get)) != ledger.ledger_id:
            raise FormatError(f"the pool in {app.home.path} is not the one behind {url}: choose another --home")


def _check_named(ledger: Ledger, own: Own) -> None:
    """Raises FormatError unless the pool names this validator, now or in a change that is announced."""
    announced = [change.change.parameters for change in ledger.reader.changes()]
    named = [*announced, ledger.pool.parameters]
    if not any(own.validator in parameters.validators.members for parameters in named):
        raise FormatError(f"the pool does not name the validator {own.key}: its governors can (`governance propose`)")
