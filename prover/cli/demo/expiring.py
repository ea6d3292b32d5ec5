"""The demo's act seven: an option expires, and the holder, who never owed anything, takes everything out."""

from collections.abc import Mapping, Sequence

from circuits.records import Amount
from prover.cli.demo import founding, margincall, stage
from prover.cli.demo.stage import Conservation
from prover.cli.demo.story import Story
from prover.cli.trader import show
from prover.trader import claims, moves, orders, sessions
from prover.trader import trade as trades
from prover.trader.sessions import Placed, Settlement
from settlement import amounts
from settlement.pool.pool import asset_index

MONTHS = 3


def buy(story: Story) -> None:
    """The holder buys the option, while it is young, at the end of act four."""
    sell, receive = story.amount(stage.OPTION), story.amount(stage.PREMIUM)
    _trade(story, "taker", "holder", sell, receive)


def expire(story: Story) -> None:
    """Tells the whole act."""
    story.narrator.act(
        "The option expires",
        f"The holder bought {stage.OPTION} from the taker. Three months pass. At its expiry a claim has one constant "
        "rate, at which whoever holds or owes it converts it into dUSDC; the amount stays hidden.",
    )
    for _ in range(MONTHS):
        story.now_ms.pass_by(30 * stage.DAY_MS)
        founding.publish(story, {"ETH": stage.AT_EXPIRY, "ETH-PERP": stage.AT_EXPIRY})
        margincall.watch(story)
    story.now_ms.pass_by(stage.DAY_MS)
    founding.publish(story, {})
    margincall.watch(story)
    put = asset_index(story.pool, "ETH-PUT")
    for name in ("holder", "taker"):
        with story.narrator.step(f"zksettle claim convert ETH-PUT --wallet {name}") as details:
            settlement = claims.convert(story.sessions[name], put, story.now_ms())
            details.update(show.receipt_json(settlement.receipt))
            story.screen.fields([(name, show.line(story.sessions[name].wallet.balances, story.pool))])
    story.narrator.sees(everybody="that two accounts converted ETH-PUT; not how much, or in which direction")
    _cash(story)
    _withdraw_all(story)


def _cash(story: Story) -> None:
    """The holder sells its dUSDC to the taker, who owes as much of it to others as it bought."""
    loan = asset_index(story.pool, "dUSDC")
    owned = story.sessions["holder"].wallet.balances[loan]
    price = story.ledger.reader.grids(1)[0].publication.prices
    worth = owned * price[loan] // price[amounts.NUMERAIRE]
    _trade(story, "holder", "taker", {loan: owned}, {amounts.NUMERAIRE: worth})


def _trade(story: Story, maker: str, taker: str, sell: Mapping[int, int], buy: Mapping[int, int]) -> Settlement:
    """One trader sells to another, who takes the order at once."""
    texts = [", ".join(amounts.show(n, story.pool.assets[i]) for i, n in side.items()) for side in (sell, buy)]
    with story.narrator.step(f'zksettle order place --wallet {maker} --sell "{texts[0]}" --buy "{texts[1]}"'):
        reader, now_ms = stage.receiving_address(story.sessions[taker]), story.now_ms()
        placed: Placed = orders.place(
            story.sessions[maker], sell, buy, [reader], now_ms + stage.HOUR_MS, now_ms, agree=trades.allow_new_debts
        )
    with story.narrator.step(f"zksettle order take {placed.order_id} --wallet {taker} --yes") as details:
        settlement = orders.take(
            story.sessions[taker], placed.order_id, story.now_ms(), agree=trades.allow_new_debts
        )
        details.update(show.receipt_json(settlement.receipt))
        story.screen.say(f"Settled at height {settlement.receipt.height}.", "good")
    sessions.sync(story.sessions[maker])
    return settlement


def _withdraw_all(story: Story) -> None:
    holder = story.sessions["holder"]
    sessions.sync(holder)
    for slot, balance in enumerate(holder.wallet.balances):
        if balance:
            text = amounts.show(balance, story.pool.assets[slot])
            with story.narrator.step(f'zksettle withdraw "{text}" --wallet holder') as details:
                receipt = moves.withdraw(holder, slot, Amount(balance), "holder's bank", story.now_ms()).receipt
                details.update(show.receipt_json(receipt))
                story.screen.say(f"Settled at height {receipt.height}: the holder has everything.", "good")
    insurance = story.watch.view.insurance(story.ledger)
    assert insurance is not None, "the insurance was founded in act one"
    _show_conservation(story, stage.conservation(story.ledger, story.sessions, insurance.account.balances))


def _show_conservation(story: Story, assets: Sequence[Conservation]) -> None:
    assert all(asset.holds for asset in assets), "nothing is created or lost"
    names = list(assets[0].held)
    story.screen.say()
    story.screen.table(
        ("asset", ">paid in", ">held outside", *(f">{name}" for name in names), ""),
        [
            (c.symbol, *(amounts.number(n, a.decimals) for n in (c.flows, c.reserve, *c.held.values())), "adds up")
            for a, c in zip(story.pool.assets, assets, strict=True) if c.flows or any(c.held.values())
        ],
        title="Nothing was created or lost, and nobody who holds has paid for somebody who owed",
    )  # fmt: skip
    story.narrator.acts[-1]["conservation"] = [
        {"asset": c.symbol, "paid_in": str(c.flows), "held_outside": str(c.reserve),
         **{name: str(amount) for name, amount in c.held.items()}, "holds": c.holds}
        for a, c in zip(story.pool.assets, assets, strict=True) if not a.is_unused
    ]  # fmt: skip
