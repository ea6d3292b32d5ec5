"""Shows ledger and wallet objects as text and as JSON, the same in every command and in the demo.

`public_…` is what everybody can see; the rest is for the owner's eyes.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from prover.cli.frame.screen import printable, short
from prover.machine import clock, units
from prover.proofs import keystores
from prover.trader.terms import Terms
from prover.trader.wallets import Holding, Wallet
from prover.trader.walletsync import Closed
from settlement import amounts
from settlement.bundles.bundle import Account, Flow, Leg
from settlement.engine import Receipt
from settlement.pool.pool import Pool

Fields = list[tuple[str, str]]

def element(value: int) -> str:
    """A field element, shortened, in hexadecimal."""
    return short(f"{value:064x}", 10)


def closed_text(order: Closed) -> str:
    """One sentence about an order of the wallet that is closed."""
    short_id = order.order_id[:16]
    if order.has_expired:
        return f"Order {short_id} has expired."
    if order.taken_height is None:
        return f"Order {short_id} is void: its account has moved without it."
    return f"Order {short_id} was taken and settled at height {order.taken_height}."


def closed_json(orders: Iterable[Closed]) -> list[dict[str, Any]]:
    """The wallet's closed orders as JSON values."""
    return [
        {"order": order.order_id, "taken_height": order.taken_height, "has_expired": order.has_expired}
        for order in orders
    ]


def receipt_fields(receipt: Receipt, *, is_repeated: bool = False) -> Fields:
    """The fields of a receipt; of a repeated one, without the times that only its first run knew."""
    place = [
        ("bundle", receipt.bundle_id.hex()),
        ("height", str(receipt.height)),
        ("positions", ", ".join(map(str, receipt.positions))),
    ]
    times = [
        ("checked in", units.seconds(receipt.check_us / 1e6)),
        ("applied in", units.seconds(receipt.apply_us / 1e6)),
    ]
    return place if is_repeated else place + times


def receipt_json(receipt: Receipt, *, is_repeated: bool = False) -> dict[str, Any]:
    """A receipt as JSON values; of a repeated one, null for the times that only its first run knew."""
    return {
        "bundle": receipt.bundle_id.hex(),
        "height": receipt.height,
        "positions": list(receipt.positions),
        "root": str(receipt.root),
        "checkpointed": receipt.is_checkpointed,
        "check_us": None if is_repeated else receipt.check_us,
        "apply_us": None if is_repeated else receipt.apply_us,
    }


def balances_text(balances: tuple[int, ...], pool: Pool) -> str:
    """The balances that are not zero, one a line."""
    return "\n".join(amounts.show_all(balances, pool)) or "nothing"


def line(balances: tuple[int, ...], pool: Pool) -> str:
    """The balances that are not zero, in one line."""
    return ", ".join(amounts.show_all(balances, pool)) or "nothing"


def balances_json(balances: tuple[int, ...], pool: Pool) -> dict[str, str]:
    """{symbol: amount in smallest units} of every asset."""
    pairs = zip(balances, pool.assets, strict=True)
    return {asset.symbol: str(balance) for balance, asset in pairs if not asset.is_unused}


def terms_json(terms: Terms, pool: Pool) -> dict[str, Any]:
    """An order's terms as JSON values, for its maker and readers; without the blinding, which stays secret."""
    changes = zip(pool.assets, terms.changes, strict=True)
    pairs = [(asset.symbol, change) for asset, change in changes if change]
    return {
        "sell": {symbol: str(-change) for symbol, change in pairs if change < 0},
        "buy": {symbol: str(change) for symbol, change in pairs if change > 0},
        "expiry_ms": terms.expiry_ms,
    }


def flow_text(flow: Flow, pool: Pool) -> str:
    """A flow, which is public."""
    asset = pool.assets[flow.asset]
    if flow.account is not Account.OUTSIDE:
        way = "out of" if flow.amount > 0 else "into"
        paid_for = f" for order {flow.reference.hex()[:16]}" if flow.reference else ""
        return f"{amounts.show(abs(flow.amount), asset)} {way} the pool's {flow.account.name.lower()}{paid_for}"
    if flow.amount > 0:
        return f"{amounts.show(flow.amount, asset)} in, from {party(flow)}"
    return f"{amounts.show(-flow.amount, asset)} out, to {party(flow)}"


def party(flow: Flow) -> str:
    """The payer or payee outside."""
    return printable(flow.party.decode(errors="replace"))


def reference(flow: Flow) -> str:
    """The reference of a payment outside."""
    return printable(flow.reference.decode(errors="replace"))


def flow_json(flow: Flow, pool: Pool) -> dict[str, Any]:
    """A flow as JSON values: asset, signed amount in smallest units, account, party and reference."""
    return {
        "asset": pool.assets[flow.asset].symbol,
        **_flow_json(flow),
    }


def _flow_json(flow: Flow) -> dict[str, Any]:
    is_outside = flow.account is Account.OUTSIDE
    return {
        "amount": str(flow.amount),
        "account": flow.account.name.lower(),
        "party": party(flow),
        "reference": reference(flow) if is_outside else flow.reference.hex(),
    }


def keys_fields(pool: Pool, keys: Path) -> Fields:
    """The origin of a pool's keys, as far as the keystore in this folder can tell.  Shown wherever a pool is."""
    if pool.insecure_dev:
        return [("keys", "development keys (--insecure-dev): made by one party, who could forge")]
    origin = f"from the ceremony with transcript {short(pool.leg.transcript or '', 16)}"
    if keystores.confirms(keys, pool):
        return [("keys", f"{origin}, which is installed here")]
    return [("keys", f"{origin}, says the pool; nobody verified that here: use `zksettle ceremony install`")]


def keys_json(pool: Pool, keys: Path) -> dict[str, Any]:
    """The origin that a pool claims for its keys, and whether the keystore in the folder `keys` confirms it."""
    return {
        "insecure_dev": pool.insecure_dev,
        "transcript": pool.leg.transcript,
        "transcript_verified": keystores.confirms(keys, pool),
    }


def public_leg_fields(leg: Leg, pool: Pool) -> Fields:
    """Everything that a leg shows the public."""
    public = leg.public
    return [
        ("root", element(public.root)),
        ("nullifier", element(public.nullifier)),
        ("commitment", element(public.commitment)),
        ("value", f"({element(public.value_x)},\n {element(public.value_y)})"),
        ("key", f"({element(public.rk_x)},\n {element(public.rk_y)})"),
        ("kind", _leg_kind(leg)),
        ("flows", "\n".join(flow_text(flow, pool) for flow in leg.flows) or "none"),
        ("expires", clock.text(leg.expiry_ms)),
    ]


def _leg_kind(leg: Leg) -> str:
    if leg.public.guard == 0:
        return "cash"
    if leg.public.adds:
        return f"margined, a top-up in period {leg.public.period}"
    if leg.margin is None:
        return "margined, without a margin proof"
    return f"margined, epoch {leg.margin.epoch}"


def public_leg_json(leg: Leg) -> dict[str, Any]:
    """Everything that a leg shows the public."""
    public = leg.public
    names = ("root", "nullifier", "commitment", "value_x", "value_y", "rk_x", "rk_y")
    return {
        **{name: str(getattr(public, name)) for name in names},
        "guard": public.guard,
        "top_up": bool(public.adds),
        "period": public.period if public.adds else None,
        "margin_epoch": leg.margin.epoch if leg.margin else None,
        "flows": [
            {"asset": flow.asset, **_flow_json(flow)} for flow in leg.flows
        ],
        "expiry_ms": leg.expiry_ms,
    }


def holding_rows(wallet: Wallet, accounts: Iterable[Holding], pool: Pool) -> list[tuple[str, str, str, str]]:
    """(position, kind, balances, open orders) of these accounts of the wallet."""
    orders = Counter(order.position for order in wallet.orders)
    return [
        (
            str(holding.position),
            kind(holding),
            balances_text(holding.account.balances, pool),
            str(orders[holding.position] or ""),
        )
        for holding in accounts
    ]


def total_fields(wallet: Wallet, pool: Pool) -> Fields:
    """The wallet's total, and what it only counts."""
    fields = [("total", line(wallet.balances, pool))]
    if wallet.viewing is not None:
        top = wallet.viewing.accounts[-1].index
        fields.append(("watch-only", f"it sees what its owner has at the addresses 0 to {top}, and moves nothing"))
    dust = wallet.dust
    if dust.count:
        what = f"{dust.count:,} small account{'' if dust.count == 1 else 's'}, together {line(dust.balances, pool)}"
        room = "" if wallet.is_watch_only else ": `zksettle wallet merge` makes room"
        fields.append(("and", f"{what}, which the wallet only counts{room}"))
    if wallet.empty:
        fields.append(("empty", f"{wallet.empty:,} account{'' if wallet.empty == 1 else 's'}"))
    return fields


def kind(holding: Holding) -> str:
    """Whether an account is cash or margined."""
    return "margined" if holding.account.guard else "cash"


def holding_json(holding: Holding, pool: Pool) -> dict[str, Any]:
    """An account, for its owner."""
    return {
        "position": holding.position,
        "commitment": str(holding.commitment),
        "balances": balances_json(holding.account.balances, pool),
        "guard": holding.account.guard,
    }
