"""Runs `zksettle validator …`."""

import sys
import time

import click

from prover.cli.frame import watching
from prover.cli.frame.command import App
from prover.machine import clock
from prover.network import opening
from prover.network.client import Client
from prover.network.mirror import Mirror
from prover.network.validating import Cosigned, Validator
from prover.operator import joining, validatorkey
from prover.operator.validatorkey import Own
from prover.upkeep import warmup
from settlement.errors import Unavailable
from settlement.ledger import Ledger
from zk.errors import FormatError

POLL_S = 0.2
RETRY_S = 2.0


def key(app: App, name: str | None) -> None:
    """Shows the validator's key, and makes it the first time."""
    path = app.home.validator
    if not path.exists():
        if name is None:
            raise click.UsageError("there is no key yet: say --name NAME, which the cosignatures will show")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        own = validatorkey.create(path, name)
        app.screen.say(f"The key is made. Its secret is in {path}; keep a copy.")
    else:
        own = validatorkey.read(path)
        if name not in (None, own.validator.name):
            raise FormatError(f"the key here has another name, {own.validator.name}")
    app.screen.fields([("validator", own.validator.name), ("key", str(own.key))])
    app.screen.document({"name": own.validator.name, "key": str(own.key)})


def run(app: App, url: str | None, fingerprint: str | None, once: bool) -> None:
    """Follows and cosigns until Ctrl-C, or once."""
    home = app.home
    if not home.validator.exists():
        raise FormatError("there is no validator's key here: make one with `zksettle validator key --name NAME`")
    own = validatorkey.read(home.validator)
    joined = opening.joined(home.pool) if home.pool.exists() else None
    if joined is not None and joined.is_light:
        raise FormatError(
            f"the copy in {home.path} is a light one, which trusts the validators, so it can be none of them: run"
            " `zksettle pool join --full` first"
        )
    there = None if joined is None else joined.url
    if home.pool.exists() and (there is None or url not in (None, there)):
        raise FormatError(f"the pool in {home.path} is not the one behind {url or 'a service'}: choose another --home")
    if there is None and url is None:
        raise click.UsageError("this home has joined no pool: say --of URL")
    with Client(there or str(url)) as client, watching.show_progress(app):
        warmup.compile_kernels()
        if there is None:
            joining.follow(home, client, fingerprint)
        with Ledger.open(home.ledger) as ledger:
            _check_named(ledger, own)
            mirror = Mirror(ledger, home.pool.path, client.get)
            _cosign(app, Validator(mirror, client, own.validator.name, own.secret, clock.now_ms), once)


def _check_named(ledger: Ledger, own: Own) -> None:
    """Raises FormatError unless the pool names this validator, now or in a change that is announced."""
    announced = [change.change.parameters for change in ledger.reader.changes()]
    named = [*announced, ledger.pool.parameters]
    if not any(own.validator in parameters.validators.members for parameters in named):
        raise FormatError(f"the pool does not name the validator {own.key}: its governors can (`governance propose`)")


def _cosign(app: App, validator: Validator, once: bool) -> None:
    newest: Cosigned | None = None
    is_cut = False
    try:
        while True:
            try:
                cosigned = validator.step()
            except Unavailable as error:
                if once:
                    raise
                if not is_cut:
                    app.screen.say(f"{error}; trying again.", "warn")
                is_cut = True
                time.sleep(RETRY_S)
                continue
            is_cut = False
            if cosigned is not None:
                if newest is None or cosigned.checkpoint != newest.checkpoint:
                    _tell(app, cosigned)
                newest = cosigned
            if once:
                break
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        pass
    size = None if newest is None else newest.checkpoint.size
    app.screen.document({"cosigned": size, "root": None if newest is None else newest.checkpoint.root.hex()})


def _tell(app: App, cosigned: Cosigned) -> None:
    of = f"{cosigned.count} of {cosigned.quorum} that make it final" if cosigned.quorum else "nothing is final here"
    app.screen.say(f"Verified and cosigned {cosigned.checkpoint.size} events ({of}).", "good")
    sys.stdout.flush()
