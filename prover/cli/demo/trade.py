"""The demo's acts one to four: a pool, two traders, a shielded order, a settlement."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from prover.cli.demo.story import Story
from prover.cli.frame import workspace
from prover.cli.frame.screen import size
from prover.cli.pool import oracle
from prover.cli.trader import show

if TYPE_CHECKING:
    from prover.cli.demo.narrator import Narrator
    from prover.cli.demo.stage import Scenario
    from prover.machine.home import Home
    from prover.proofs.keystores import Keystore
    from prover.trader.orders import Placed
    from prover.trader.sessions import Session, Settlement
    from settlement.ledger import Ledger


@contextmanager
def create_pool(narrator: "Narrator", home: "Home", keystore: "Keystore") -> "Iterator[Ledger]":
    """Act one begins: the pool and its ledger, open."""
    from prover.operator import creation, defaults
    from settlement import poolfile
    from settlement.ledger import Ledger

    narrator.act("A pool", "Eight assets share one tree of commitments, so that nobody can tell which of them moves.")
    with narrator.step("zksettle pool new --insecure-dev") as told:
        pool = creation.found(home, keystore, defaults.POOL_NAME, workspace.now_ms())
        ledger_id = poolfile.ledger_id(pool).hex()
        told |= {"ledger_id": ledger_id, **show.keys_json(pool, home.keys)}
        narrator.screen.fields([
            ("ledger id", ledger_id),
            ("assets", ", ".join(asset.symbol for asset in pool.assets)),
            ("oracles", f"{len(pool.oracle_keys)}, of whom {pool.quorum} must agree"),
            *show.keys_fields(pool, home.keys),
        ])  # fmt: skip
    with Ledger.open(home.ledger) as ledger:
        yield ledger


def publish(narrator: "Narrator", home: "Home", ledger: "Ledger") -> None:
    """Act one ends: the first risk grids."""
    from prover.operator import defaults, oracles

    pool = ledger.pool
    with narrator.step("zksettle oracle publish") as told:
        priced = oracles.prices(ledger, {})
        published = oracles.publish(ledger, oracles.read(home.oracles), priced, workspace.now_ms())
        told.update(oracle.document(pool, priced, published))
        narrator.screen.say(
            f"Example prices of {defaults.AS_OF}, in USDC; the grids value a unit of each asset in 16 scenarios."
        )
        narrator.screen.table(("asset", ">price", ">initial, worst", ">best", ">maintenance, worst", ">best"),
                              oracle.price_rows(pool, priced, published))  # fmt: skip
    narrator.sees(everybody="pool, prices, grids and the oracles' signatures")


def traders(narrator: "Narrator") -> tuple[str, ...]:
    """Act two begins: who is in the story."""
    narrator.act("Two traders", "A deposit comes from outside, so its amount is public; what becomes of it is not.")
    return "maker", "taker"


@contextmanager
def trader(narrator: "Narrator", home: "Home", ledger: "Ledger", keystore: "Keystore", name: str) -> "Iterator[Session]":
    """A new wallet and its session."""
    from prover.cli.demo import stage
    from prover.trader import addresses

    with ExitStack() as stack:
        with narrator.step(f"zksettle wallet new {name}") as told:
            session = stack.enter_context(stage.open_session(home, ledger, keystore, name))
            told["address"] = addresses.encode(stage.receiving_address(session))
            narrator.screen.fields(
                [("address", show.short(told["address"], 24)), ("seed phrase", "24 words; not shown here")]
            )
        yield session


def deposit(story: Story) -> None:
    """Act two ends: what they pay in."""
    from prover.cli.demo import stage
    from prover.trader import amounts, moves

    for name, text in stage.DEPOSITS:
        session = story.sessions[name]
        with story.narrator.step(f'zksettle deposit "{text}" --wallet {name}') as told:
            asset, amount = amounts.parse(text, story.pool)
            settled = moves.deposit(session, asset, amount, f"{name}'s bank", workspace.now_ms())
            told.update(show.receipt_json(settled.receipt))
            story.screen.say(
                f"settled at height {settled.receipt.height}, account at position {settled.receipt.positions[0]}"
            )
    story.narrator.sees(
        everybody="that somebody paid in 8,000 USDC, 1 XAU and 10 ETH, and three commitments",
        maker="8,000 USDC and 1 XAU", taker="10 ETH",
    )  # fmt: skip


def place(story: Story) -> "Placed":
    """Act three: the leveraged order, and its two faces."""
    from prover.cli.demo import stage
    from prover.trader import addresses, orders

    maker, taker = story.sessions["maker"], story.sessions["taker"]
    grid = story.ledger.grids(1)[0].publication.initial
    sell, buy = story.amount(stage.SELL), story.amount(stage.BUY)
    before = maker.wallet.balances
    after = tuple(b + buy.get(i, 0) - sell.get(i, 0) for i, b in enumerate(before))
    story.narrator.act(
        "A shielded order",
        f"The maker sells {stage.SELL} for {stage.BUY}, but has only 8,000 USDC: it will owe the rest. Its portfolio "
        f"afterwards, {show.line(after, story.pool)}, must be worth something in every scenario of the initial grid:",
    )
    found = stage.scenarios(story.pool, grid, after)
    _scenarios(story, found)
    reader = stage.receiving_address(taker)
    to = show.short(addresses.encode(reader))
    command = f'zksettle order place --wallet maker --sell "{stage.SELL}" --buy "{stage.BUY}" --to {to}'
    with story.narrator.step(command) as told:
        now_ms = workspace.now_ms()
        placed = orders.place(maker, sell, buy, [reader], now_ms + stage.HOUR_MS, now_ms)
        told.update({"order": placed.order_id, "public": show.public_leg_json(placed.leg)})
        told["terms"] = show.terms_json(placed.terms, story.pool)
        told["scenarios"] = [{"scenario": s.number, "moves_bps": s.moves_bps, "value": str(s.value)} for s in found]
        story.screen.say("The board verified both proofs and admitted the order.", "good")
        _faces(story, placed, before, after, min(s.value for s in found))
    story.narrator.sees(
        everybody="that an order exists and needs margin: no asset, amount, price or owner",
        maker="all of it", taker="the terms, but not the maker's portfolio",
    )  # fmt: skip
    return placed


def _scenarios(story: Story, found: "list[Scenario]") -> None:
    from prover.trader import amounts

    factors = list(found[0].moves_bps)
    story.screen.table(
        (">scenario", *(f">{factor}" for factor in factors), f">portfolio in {story.numeraire.symbol}"),
        [
            (str(s.number), *(_move(s.moves_bps[f]) for f in factors), amounts.show_value(s.value, story.numeraire))
            for s in found
        ],
    )  # fmt: skip


def _move(bps: int) -> str:
    """A move with an arrow, so that its direction shows at a glance."""
    return f"{'▲ +' if bps > 0 else '▼ −'}{abs(bps) / 100:.1f} %"


def _faces(story: Story, placed: "Placed", before: tuple, after: tuple, worst: int) -> None:
    from prover.trader import amounts

    public, sells_buys = placed.leg.public, show.trade_text(placed.terms.changes, story.pool)
    sealed = len(placed.leg.ciphertexts[0])
    story.screen.table(("", "everybody sees", "the maker sees"), [
        ("old account", f"nullifier {show.element(public.nullifier)}", show.line(before, story.pool)),
        ("new account", f"commitment {show.element(public.commitment)}", show.line(after, story.pool)),
        ("change", f"value {show.element(public.value_x)}", f"sells {sells_buys[0]}, buys {sells_buys[1]}"),
        ("owner", f"one-time key {show.element(public.rk_x)}", "wallet maker"),
        ("margin", f"proved for epoch {placed.leg.margin.epoch}",
         f"{amounts.show_value(worst, story.numeraire)} {story.numeraire.symbol} left in the worst scenario"),
        ("terms", f"{size(sealed)} of ciphertext", "sealed to the taker"),
    ])  # fmt: skip


def take(story: Story, placed: "Placed") -> "Settlement":
    """Act four: the taker takes the order, and everything adds up."""
    from prover.cli.demo import stage
    from prover.trader import orders, sessions
    from settlement import board

    taker = story.sessions["taker"]
    story.narrator.act(
        "The settlement", "The maker may be offline. The taker opens the terms, adds the other side and submits both."
    )
    with story.narrator.step(f"zksettle order show {placed.order_id[:8]} --wallet taker") as told:
        found = board.get(story.ledger, orders.read_id(placed.order_id), workspace.now_ms())
        terms = orders.open_terms(taker, found.leg, found.sealed_terms)
        told["terms"] = show.terms_json(terms, story.pool)
        sells, buys = show.trade_text(terms.changes, story.pool)
        story.screen.fields([("maker sells", sells), ("maker buys", buys), ("until", show.time_text(terms.expiry_ms))])
    with story.narrator.step(f"zksettle order take {placed.order_id} --wallet taker") as told:
        settled = orders.take(taker, placed.order_id, workspace.now_ms())
        told.update(show.receipt_json(settled.receipt))
        story.screen.say("Both legs settled in one transaction.", "good")
        story.screen.fields(show.receipt_fields(settled.receipt))
    story.narrator.sees(everybody="that two accounts moved, one of them margined", maker="its trade", taker="its trade")
    for name, session in story.sessions.items():
        with story.narrator.step(f"zksettle wallet sync {name}") as told:
            held = sessions.sync(session).wallet.balances
            told["balances"] = show.balances_json(held, story.pool)
            story.screen.fields([(name, show.line(held, story.pool))])
    _conservation(story, stage.conservation(story.ledger, story.sessions))
    return settled


def _conservation(story: Story, found: list) -> None:
    from prover.trader import amounts

    assert all(asset.holds for asset in found), "nothing is created or lost"
    assets = story.pool.assets
    story.screen.say()
    story.screen.table(
        ("asset", ">paid in", ">held outside", *(f">{name}" for name in story.sessions), ""),
        [
            (c.symbol, *(amounts.number(n, a.decimals) for n in (c.flows, c.reserve, *c.wallets)), "adds up")
            for a, c in zip(assets, found, strict=True) if c.flows or any(c.wallets)
        ],
        title="Nothing was created or lost",
    )  # fmt: skip
    story.narrator.acts[-1]["conservation"] = [
        {"asset": c.symbol, "paid_in": str(c.flows), "held_outside": str(c.reserve),
         **{name: str(amount) for name, amount in zip(story.sessions, c.wallets, strict=True)}, "holds": c.holds}
        for c in found
    ]  # fmt: skip
