"""The demo's acts two to four: three traders, a shielded order, a settlement."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from prover.cli.demo import stage
from prover.cli.demo.narrator import Narrator
from prover.cli.demo.stage import Scenario
from prover.cli.demo.story import Story
from prover.cli.frame.screen import short
from prover.cli.trader import show
from prover.machine import clock, units
from prover.machine.home import Home
from prover.proofs.keystores import Keystore
from prover.trader import addresses, boardview, moves, orders, readers, sessions
from prover.trader import trade as trades
from prover.trader.orders import Placed
from prover.trader.sessions import Session, Settlement
from settlement import amounts
from settlement.ledger import Ledger
from settlement.orders import board

SHOWN = 4
"""So many of the scenarios."""


def introduce(narrator: Narrator) -> tuple[str, ...]:
    """Begins act two and returns the traders' names."""
    narrator.act(
        "Three traders",
        "A deposit comes from outside, so its amount is public. What happens to it afterwards is not. The custodian "
        "who holds the asset outside must sign each deposit; the demo's custodian signs by itself. Maker and taker "
        "will owe each other. The holder will never owe anything: this is about what becomes of the holder.",
    )
    return "maker", "taker", "holder"


@contextmanager
def create_wallet(
    narrator: Narrator, home: Home, ledger: Ledger, keystore: Keystore, name: str
) -> Iterator[Session]:
    """Creates a trader's wallet and opens its session."""
    with ExitStack() as stack:
        with narrator.step(f"zksettle wallet new {name}") as details:
            session = stack.enter_context(stage.open_session(home, ledger, keystore, name))
            details["address"] = addresses.encode(stage.receiving_address(session))
            narrator.screen.fields(
                [("address", short(details["address"], 24)), ("seed phrase", "24 words, not shown here")]
            )
        yield session


def deposit(story: Story) -> None:
    """Ends act two: the traders deposit."""
    for name, text in stage.DEPOSITS:
        with story.narrator.step(f'zksettle deposit "{text}" --wallet {name}') as details:
            asset, amount = amounts.parse(text, story.pool)
            receipt = moves.deposit(story.sessions[name], asset, amount, f"{name}'s bank", story.now_ms()).receipt
            details.update(show.receipt_json(receipt))
            story.screen.say(f"settled at height {receipt.height}, account at position {receipt.positions[0]}")
    story.narrator.sees(
        everybody="that somebody deposited 6,000 USDC, 1 XAU and so on, and five commitments",
        maker="6,000 USDC and 1 XAU", taker="16 ETH and 1,000 USDC", holder="5,000 USDC",
    )  # fmt: skip


def place(story: Story) -> Placed:
    """Act three: the order on margin, as the public sees it and as the maker does."""
    maker, taker = story.sessions["maker"], story.sessions["taker"]
    sell, buy = story.amount(stage.SELL), story.amount(stage.BUY)
    before = maker.wallet.balances
    after = tuple(b + buy.get(i, 0) - sell.get(i, 0) for i, b in enumerate(before))
    story.narrator.act(
        "A shielded order",
        f"The maker sells {stage.SELL} for {stage.BUY}: it borrows, in order to bet on ETH. Its portfolio "
        f"afterwards, {show.line(after, story.pool)}, must not have a negative value in any scenario of the initial "
        "grid. The worst of them:",
    )
    scenarios = stage.scenarios(story.ledger, after, story.now_ms())
    _show_scenarios(story, stage.distinct(scenarios)[:SHOWN])
    reader = stage.receiving_address(taker)
    to = short(addresses.encode(reader))
    command = f'zksettle order place --wallet maker --sell "{stage.SELL}" --buy "{stage.BUY}" --to {to} --yes'
    with story.narrator.step(command) as details:
        now_ms = story.now_ms()
        expiry_ms = now_ms + stage.HOUR_MS
        placed = orders.place(
            maker, sell, buy, [reader], expiry_ms, now_ms, agree=trades.allow_new_debts
        )
        details.update({"order": placed.order_id, "public": show.public_leg_json(placed.leg)})
        details["terms"] = show.terms_json(placed.terms, story.pool)
        details["scenarios"] = [
            {"scenario": s.number, "moves_bps": s.moves_bps, "value": str(s.value)} for s in scenarios
        ]
        story.screen.say("The board verified all four proofs and admitted the order.", "good")
        _show_faces(story, placed, before, after, min(s.value for s in scenarios))
    story.narrator.sees(
        everybody="that an order exists, needs margin, and comes from an account with 100 USDC or more; "
        "not what it trades, the price, or the owner",
        maker="everything", taker="the terms, but not the maker's portfolio",
        guardians="once it settles, and any two together: the portfolio, but not whose it is",
    )  # fmt: skip
    return placed


def _show_scenarios(story: Story, scenarios: Sequence[Scenario]) -> None:
    factors = list(scenarios[0].moves_bps)
    story.screen.table(
        (">scenario", *(f">{factor}" for factor in factors), f">portfolio in {story.numeraire.symbol}"),
        [
            (str(s.number), *(_move(s.moves_bps[f]) for f in factors), amounts.show_value(s.value, story.numeraire))
            for s in scenarios
        ],
    )  # fmt: skip


def _move(bps: int) -> str:
    """A move with an arrow, so that its direction shows at a glance."""
    return f"{'▲ +' if bps > 0 else '▼ −'}{abs(bps) / 100:.1f} %"


def _show_faces(
    story: Story, placed: Placed, before: tuple[int, ...], after: tuple[int, ...], worst: int
) -> None:
    """Shows the order as the public sees it and as the maker knows it, side by side."""
    assert placed.leg.margin is not None, "the order is margined"
    public, (sells, buys) = placed.leg.public, amounts.show_trade(placed.terms.changes, story.pool)
    sealed_bytes = len(placed.leg.ciphertexts[0])
    story.screen.table(("", "everybody sees", "the maker sees"), [
        ("old account", f"nullifier {show.element(public.nullifier)}", show.line(before, story.pool)),
        ("new account", f"commitment {show.element(public.commitment)}", show.line(after, story.pool)),
        ("change", f"value {show.element(public.value_x)}", f"sells {sells}, buys {buys}"),
        ("owner", f"one-time key {show.element(public.rk_x)}", "wallet maker"),
        ("margin", f"proved for epoch {placed.leg.margin.epoch}",
         f"{amounts.show_value(worst, story.numeraire)} {story.numeraire.symbol} left in the worst scenario"),
        ("terms", f"{units.size(sealed_bytes)} of ciphertext", "sealed to the taker"),
        ("funds", f"at least {_funds(story, placed)}", "proved; a full board keeps it"),
    ])  # fmt: skip


def _funds(story: Story, placed: Placed) -> str | None:
    return boardview.placed(story.ledger, placed, story.now_ms(), is_public=False).backing


def take(story: Story, placed: Placed) -> Settlement:
    """Act four: the taker takes the order, and everything adds up."""
    taker = story.sessions["taker"]
    story.narrator.act(
        "The settlement", "The maker may be offline. The taker opens the terms, adds the other side and submits both."
    )
    with story.narrator.step(f"zksettle order show {placed.order_id[:8]} --wallet taker") as details:
        posted = board.get(story.ledger, orders.read_id(placed.order_id), story.now_ms())
        terms = readers.open_terms(taker.wallet.seed, posted)
        assert terms is not None, "the terms are sealed to the taker"
        details["terms"] = show.terms_json(terms, story.pool)
        sells, buys = amounts.show_trade(terms.changes, story.pool)
        story.screen.fields([("maker sells", sells), ("maker buys", buys), ("until", clock.text(terms.expiry_ms))])
    with story.narrator.step(f"zksettle order take {placed.order_id} --wallet taker --yes") as details:
        settlement = orders.take(
            taker, placed.order_id, story.now_ms(), agree=trades.allow_new_debts
        )
        details.update(show.receipt_json(settlement.receipt))
        story.screen.say("Both legs settled in one transaction.", "good")
        story.screen.fields(show.receipt_fields(settlement.receipt))
    story.narrator.sees(
        everybody="that two accounts moved, both of them margined", maker="its trade", taker="its trade",
        guardians="two portfolios that somebody has",
    )  # fmt: skip
    for name in ("maker", "taker"):
        with story.narrator.step(f"zksettle wallet sync {name}") as details:
            balances = sessions.sync(story.sessions[name]).wallet.balances
            details["balances"] = show.balances_json(balances, story.pool)
            story.screen.fields([(name, show.line(balances, story.pool))])
    return settlement
