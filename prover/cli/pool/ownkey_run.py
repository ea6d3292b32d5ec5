"""Runs `zksettle custodian key`, `governance key` and `oracle key`: one's own key, which others name."""

from prover.cli.frame.command import App
from prover.operator import founding, ownkey
from prover.operator.ownkey import CUSTODIAN, GOVERNOR, ORACLE, Role
from zk import signature


def custodian(app: App, new: bool) -> None:
    """Shows the custodian's public key, with `new` after making it."""
    _key(app, CUSTODIAN, new)


def governor(app: App, new: bool) -> None:
    """Shows the governor's public key, with `new` after making it."""
    _key(app, GOVERNOR, new)


def oracle(app: App, new: bool) -> None:
    """Shows the oracle's public key, with `new` after making it."""
    _key(app, ORACLE, new)


def _key(app: App, role: Role, new: bool) -> None:
    home = app.home
    if new:
        ownkey.make(home, role)
        app.screen.say(f"The key is made; its secret is in {role.file(home)}: keep a copy, and keep it from others.")
    secret = ownkey.read(home, role)
    text = ownkey.key_text(secret)
    app.screen.say(text)
    app.screen.document({role.name: text, "point": founding.key_value(signature.public(secret))})
