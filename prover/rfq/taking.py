"""Takes quotes: adds a leg with the opposite of what their makers' accounts change by, and settles all at once.

Nobody confirms anything, so what can fail is only what the asker is told in one sentence: a quote expired, or its
account moved, because another asker took it or its maker used it.  An inquiry settles once: asked for again, the same
settlement is told.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from circuits import records
from circuits.records import Nullifier
from prover.machine import clock
from prover.rfq import structures
from prover.rfq.checking import Firm, FirmSide
from prover.rfq.memory import BuyOrSell, Inquiry, Memory
from prover.rfq.structures import Candidate
from prover.trader import choosing, keys, outbox, plan, sessions, settling, shapes, trade
from prover.trader.diary import About, What
from prover.trader.sessions import Session, Settlement
from prover.trader.trade import Agree
from settlement import amounts
from settlement.bundles.bundle import Bundle
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from zk.errors import FormatError, Unsatisfied

MAX_TRIES = 8
"""How many deals are tried, one after the other, when the better ones are gone."""


class Gone(Unsatisfied):
    """The quote cannot be settled any more, although nobody did anything wrong."""


@dataclass(frozen=True, repr=False)
class Deal(keys.Secret):
    """The quotes that cover an inquiry on one side: the first of which maker, what the asker pays, by asset.

    `is_best` says that no other choice of these quotes costs less.
    """

    side: BuyOrSell
    firm: tuple[Firm, ...]
    pays: dict[int, int]
    cost: int
    is_best: bool

    @property
    def legs(self) -> list[FirmSide]:
        """The makers' legs."""
        return [each.sides[self.side] for each in self.firm]

    @property
    def expires_ms(self) -> int:
        """When the first of them expires."""
        return min(each.leg.expiry_ms for each in self.legs)


def best(ledger: Ledger, inquiry: Inquiry, firm: Sequence[Firm], side: BuyOrSell) -> Deal:
    """The cheapest way to trade all that was asked about on this side.

    Lines that are paid in several assets are compared at the newest published prices.  Raises Gone when the quotes do
    not cover what was asked about, and Unsatisfied when there are no prices to compare at.
    """
    prices = _prices(ledger, inquiry)
    quotes = [each for each in firm if side in each.sides]
    candidates = [
        Candidate(each.lines, sum(prices[slot] * paid for slot, paid in each.sides[side].pays.items()), each.nullifier)
        for each in quotes
    ]
    found = structures.cover(len(inquiry.lines), candidates)
    if found is None:
        raise Gone(f"no quotes are left with which to {side} all that was asked about: ask again")
    chosen = tuple(quotes[number] for number in found.chosen)
    pays: dict[int, int] = {}
    for each in chosen:
        for slot, paid in each.sides[side].pays.items():
            pays[slot] = pays.get(slot, 0) + paid
    return Deal(side, chosen, pays, found.cost, found.is_best)


def _prices(ledger: Ledger, inquiry: Inquiry) -> tuple[int, ...]:
    """What a smallest unit of each asset counts."""
    if len({line.paid_in for line in inquiry.lines}) == 1:
        return (1,) * records.ASSETS
    newest = ledger.reader.grids(1)
    if not newest:
        raise Unsatisfied("the lines are paid in several assets, and nobody has published prices to compare them at")
    return newest[0].publication.prices


def check_limit(ledger: Ledger, deal: Deal, limit: tuple[int, int]) -> None:
    """Raises Unsatisfied unless the deal pays at most (buying) or brings at least (selling) this (asset, amount)."""
    asset, amount = limit
    if set(deal.pays) - {asset}:
        raise FormatError("a limit is for what is paid in one asset")
    paid, shown = deal.pays.get(asset, 0), ledger.pool.assets[asset]
    if deal.side == "buy" and paid > amount:
        raise Unsatisfied(f"the best offer asks {amounts.show(paid, shown)}, which is above the limit")
    if deal.side == "sell" and -paid < amount:
        raise Unsatisfied(f"the best bid pays {amounts.show(-paid, shown)}, which is below the limit")


def take(
    session: Session, remembered: Memory, inquiry: Inquiry, side: BuyOrSell, choose: Callable[[], Deal], now_ms: int,
    position: int | None = None, agree: Agree = trade.refuse_new_debts,
    going_on: Callable[[Gone], object] | None = None,
) -> Settlement:  # fmt: skip
    """Settles the deal that `choose` returns: the makers' legs and one of the wallet's.

    `agree` is called with the wallet's side before anything is proved.  An inquiry settles once: the same side,
    repeated, returns that settlement, and chooses nothing.  When a deal is gone, `going_on` is told so and `choose`
    called again, with the wallet synced, for up to MAX_TRIES deals; without it, that is raised.

    Raises what `choose` raises; Gone when a quote expired or its account moved, Unsatisfied when the wallet's accounts
    do not allow it or the other side of the inquiry was taken, and Rejected when the ledger refuses the bundle for
    another reason.
    """
    if inquiry.taken not in (None, side):
        raise Unsatisfied(f"you took the other side of this request, to {inquiry.taken}: ask again")
    name = inquiry.inquiry_id.hex()
    request = outbox.asked("rfq take", f"rfq {name}", inquiry=name, side=side)

    time = clock.running(now_ms)
    gone: list[frozenset[Nullifier]] = []
    deal: Deal | None = None

    def make() -> Bundle:
        nonlocal deal
        deal, now_ms = choose(), time()
        if frozenset(each.nullifier for each in deal.firm) in gone:
            deal = None
            raise Gone("the quote is gone: the ledger refuses it, and this copy does not know why yet")
        if deal.expires_ms <= now_ms:
            raise Gone("the quote has expired: ask again")
        sessions.sync(session)
        setting = sessions.setting(session, now_ms)
        given = [sum(each.changes[slot] for each in deal.legs) for slot in range(records.ASSETS)]
        changes = plan.opposite(tuple(given))
        holding = choosing.choose(session.wallet, setting, changes, position, now_ms)
        source, target = sessions.source(session, holding), sessions.target(session, holding.index)
        leg_plan = plan.move(setting, source, target, changes, deal.expires_ms, num_fees=shapes.fees(1, len(deal.legs)))
        agree(trade.of(setting, holding, leg_plan, deal.expires_ms))
        about = About(What.QUOTE, tuple(dict.fromkeys(each.maker for each in deal.firm)))
        return sessions.assemble(session, [leg_plan], [(each.leg, each.blinding) for each in deal.legs], about=about)

    while True:
        deal = None
        try:
            settlement = settling.perform(session, request, time(), make)
            break
        except (Rejected, Gone) as error:
            told = _told(error) if isinstance(error, Rejected) else error
            if going_on is None or deal is None or len(gone) >= MAX_TRIES or not isinstance(told, Gone):
                raise told from None
            going_on(told)
            gone.append(frozenset(each.nullifier for each in deal.firm))
            sessions.sync(session)
    with suppress(OSError, FormatError):  # the outbox knows it anyway
        remembered.keep(replace(inquiry, taken=side))
    return settlement


def _told(refused: Rejected) -> Exception:
    """What became of a quote that settled for somebody else or expired on the way, in one sentence."""
    if refused.rejection is Rejection.NULLIFIER_SPENT:
        return Gone("the quote is gone: its account has moved, because another asker took it or its maker used it")
    if refused.rejection is Rejection.EXPIRED:
        return Gone("the quote expired before it could settle: ask again")
    return refused


def describe(deal: Deal, ledger: Ledger) -> str:
    """What the asker pays and receives, in words: "you pay 31,200 USDC"."""
    pool = ledger.pool
    paid = [amounts.show(amount, pool.assets[slot]) for slot, amount in sorted(deal.pays.items()) if amount > 0]
    got = [amounts.show(-amount, pool.assets[slot]) for slot, amount in sorted(deal.pays.items()) if amount < 0]
    parts = [f"pay {', '.join(paid)}"] * bool(paid) + [f"receive {', '.join(got)}"] * bool(got)
    return "you " + (" and ".join(parts) or "pay nothing")
