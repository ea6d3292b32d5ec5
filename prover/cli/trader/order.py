"""`zksettle order …`: shielded orders, made, looked at, taken and withdrawn."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prover.cli.frame import passphrase, workspace
from prover.cli.frame.command import App, group, pass_app
from prover.cli.trader import show
from prover.cli.trader.move import position_option
from zk.errors import FormatError

if TYPE_CHECKING:
    from settlement.ledger import Ledger

UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
MAX_DURATION_MS = 29 * UNITS_MS["d"]  # rounded up to whole ten minutes it is within the board's 30 days


class Duration(click.ParamType):
    """A length of time such as 90s, 30m, 12h or 7d, in milliseconds; at most 29 days."""

    name = "duration"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(r"([1-9][0-9]{0,8})([smhd])", str(value), re.ASCII)
        if found is None or (length_ms := int(found[1]) * UNITS_MS[found[2]]) > MAX_DURATION_MS:
            self.fail(f"{value!r} is not a length of time: write 90s, 30m, 12h or 7d, at most 29d", param, ctx)
        return length_ms


order_argument = click.argument("order_id", metavar="ORDER")
"""An order's id or the beginning of one."""


@group()
def order() -> None:
    """Place, look at, take and cancel shielded orders."""


@order.command()
@click.option("--sell", multiple=True, metavar="AMOUNT", help='What is sold, such as "3000 USDC"; may be repeated.')
@click.option("--buy", multiple=True, metavar="AMOUNT", help='What is bought, such as "1 ETH"; may be repeated.')
@click.option("--to", "readers", multiple=True, metavar="ADDRESS",
              help="Who may take it: terms are sealed to this address. Repeatable; default: everybody.")  # fmt: skip
@click.option("--expires", "duration_ms", type=Duration(), default="1h", show_default=True, help="When the order ends.")
@passphrase.wallet_option
@passphrase.option
@position_option
@pass_app
def place(
    app: App, sell: tuple[str, ...], buy: tuple[str, ...], readers: tuple[str, ...], duration_ms: int,
    wallet_name: str, passphrase_file: Path | None, position: int | None,
) -> None:  # fmt: skip
    """Prove an order and put it on the board.  Selling more than the account holds takes margin."""
    from prover.trader import addresses, amounts, orders

    if not sell and not buy:
        raise click.UsageError("an order needs --sell or --buy", click.get_current_context())
    sealed_to = [addresses.decode(reader) for reader in readers]
    with workspace.session(app, wallet_name, passphrase_file, proves=True) as session:
        pool, now_ms = session.ledger.pool, workspace.now_ms()
        sold, bought = amounts.parse_all(sell, pool), amounts.parse_all(buy, pool)
        placed = orders.place(session, sold, bought, sealed_to, now_ms + duration_ms, now_ms, position)
        sells, buys = show.trade_text(placed.terms.changes, pool)
        app.screen.say(f"The order is on the board: it sells {sells} and buys {buys}.")
        app.screen.say("The public sees of it:", "dim")
        app.screen.fields([("order", placed.order_id), *show.public_leg_fields(placed.leg, pool)])
        app.screen.document({
            "order": placed.order_id,
            "public": show.public_leg_json(placed.leg),
            "terms": show.terms_json(placed.terms, pool),
        })  # fmt: skip


@order.command("list")
@pass_app
def list_(app: App) -> None:
    """List the board as the public sees it."""
    from settlement import board

    with workspace.ledger(app) as ledger:
        found = board.listed(ledger, workspace.now_ms())
        rows = [
            (o.order_id.hex(), "cash" if o.leg.public.cash else "margined", show.time_text(o.leg.expiry_ms))
            for o in found
        ]
        if rows:
            app.screen.table(("order", "kind", "expires"), rows)
        else:
            app.screen.say("There is no order on the board.")
        app.screen.document([{"order": o.order_id.hex(), "public": show.public_leg_json(o.leg)} for o in found])


@order.command("show")
@order_argument
@click.option(
    "--wallet", "wallet_name", metavar="NAME", envvar="ZKSETTLE_WALLET", help="Open the terms with this wallet."
)
@passphrase.option
@pass_app
def show_(app: App, order_id: str, wallet_name: str | None, passphrase_file: Path | None) -> None:
    """Show one order as the public sees it.

    With --wallet also its terms, if they are sealed to that wallet or it is its maker's.
    """
    from prover.trader import orders
    from settlement import board

    if wallet_name is None:
        with workspace.ledger(app) as ledger:
            found = board.get(ledger, orders.read_id(on_board(ledger, order_id)), workspace.now_ms())
            app.screen.fields([("order", found.order_id.hex()), *show.public_leg_fields(found.leg, ledger.pool)])
            app.screen.document({"order": found.order_id.hex(), "public": show.public_leg_json(found.leg)})
        return
    with workspace.session(app, wallet_name, passphrase_file) as session:
        pool = session.ledger.pool
        found = board.get(session.ledger, orders.read_id(on_board(session.ledger, order_id)), workspace.now_ms())
        own = {order.order_id: order.terms for order in session.wallet.orders}
        terms = own.get(found.order_id.hex()) or orders.open_terms(session, found.leg, found.sealed_terms)
        app.screen.fields([("order", found.order_id.hex()), *show.public_leg_fields(found.leg, pool)])
        sells, buys = show.trade_text(terms.changes, pool) if terms else ("sealed to others", "sealed to others")
        app.screen.fields([("maker sells", sells), ("maker buys", buys)])
        app.screen.document({
            "order": found.order_id.hex(),
            "public": show.public_leg_json(found.leg),
            "terms": show.terms_json(terms, pool) if terms else None,
        })  # fmt: skip


@order.command()
@click.argument("order_id", metavar="ORDER")
@passphrase.wallet_option
@passphrase.option
@position_option
@pass_app
def take(app: App, order_id: str, wallet_name: str, passphrase_file: Path | None, position: int | None) -> None:
    """Take an order whole: prove the other side and settle both at once.

    ORDER is its whole id, which holds for the terms that `order show` opens: another order may begin alike.
    """
    from prover.trader import orders

    orders.read_id(order_id)
    with workspace.session(app, wallet_name, passphrase_file, proves=True) as session:
        settled = orders.take(session, order_id, workspace.now_ms(), position)
        app.screen.say("The order is taken; both sides have settled.")
        app.screen.fields(show.receipt_fields(settled.receipt))
        app.screen.document(show.receipt_json(settled.receipt))


@order.command()
@order_argument
@passphrase.wallet_option
@passphrase.option
@pass_app
def cancel(app: App, order_id: str, wallet_name: str, passphrase_file: Path | None) -> None:
    """Make an own order void by moving its account."""
    from prover.trader import orders

    with workspace.session(app, wallet_name, passphrase_file, proves=True) as session:
        own = full_id(order_id, [order.order_id for order in session.wallet.orders])
        settled = orders.cancel(session, own, workspace.now_ms())
        app.screen.say("The order is void: its account has moved.")
        app.screen.fields(show.receipt_fields(settled.receipt))
        app.screen.document(show.receipt_json(settled.receipt))


def on_board(ledger: "Ledger", text: str) -> str:
    """The id of the order on the board that a text names."""
    from settlement import board

    return full_id(text, [order.order_id.hex() for order in board.listed(ledger, workspace.now_ms())])


def full_id(text: str, known: Sequence[str]) -> str:
    """An order's id from its 64 hex digits, or from as many of the first as name one of the known orders alone."""
    if not re.fullmatch(r"[0-9a-f]{4,64}", text, re.ASCII):
        raise FormatError(
            f"{text[:64]!r} is not an order: it is named by at least 4 and at most 64 lower-case hex digits"
        )
    if len(text) == 64:
        return text
    found = [order_id for order_id in known if order_id.startswith(text)]
    if len(found) != 1:
        raise FormatError(f"{'no' if not found else 'more than one'} order here begins with {text}")
    return found[0]
