"""The home of a command that says with --ledger where its ledger is.

    --ledger URL            a home that has joined the ledger's pool looks for it there, in this command alone
    --ledger URL#DIGITS     and a home without a pool joins it first, as `pool join URL --fingerprint DIGITS` does

What is behind a URL cannot be taken for another ledger: a copy knows its pool, whose operator signs every checkpoint,
and nobody joins a pool whose id does not begin with the digits, which the user has from somebody whom he trusts.  The
digits are not sent to anybody.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from prover.cli.frame.command import App

if TYPE_CHECKING:
    from prover.machine.home import Home


def home(app: App, found: "Home", option: str) -> "Home":
    """The home, with the service that --ledger names; joins its pool when the home has none.

    Raises FormatError for what is no URL of a service, when the home has another pool than the digits say, and
    home.Missing when it has none, and nobody says which to join; and as joining.join.
    """
    from prover.machine.home import Missing
    from prover.network.wire.client import check_url
    from settlement.ledger import Ledger
    from settlement.pool import fingerprint
    from zk.errors import FormatError

    url, has_digits, digits = option.partition("#")
    chosen = replace(found, ledger_url=check_url(url))
    if has_digits:
        fingerprint.check_form(digits)
    found.check_not_old()
    if found.pool.exists():
        if has_digits:
            with Ledger.open(found.ledger, read_only=True) as ledger:
                if not fingerprint.is_of(ledger.pool, digits):
                    raise FormatError(f"the pool in {found.path} has another ledger id, {ledger.ledger_id.hex()}")
    elif not has_digits:
        raise Missing(
            f"there is no pool in {found.path}: join the one behind {url} with `zksettle pool join`, or add # and the"
            " first 16 digits of its ledger's id to the URL"
        )
    else:
        _join(app, found, url, digits)
    return chosen


def _join(app: App, found: "Home", url: str, digits: str) -> None:
    from prover.cli.frame import watching
    from prover.machine import clock
    from prover.network.wire.client import Client
    from prover.operator import joining
    from prover.upkeep import warmup

    with Client(url) as client, watching.show_progress(app):
        warmup.compile_kernels()
        joining.join(found, client, clock.now_ms(), digits)
