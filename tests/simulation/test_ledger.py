"""The engine against a reference ledger in the clear: same answer, same reason, no unit created or lost.

Honest and dishonest bundles are made at random and sent at once, later, or again.  A failure is a sequence of steps
that hypothesis shrinks.  The table below the simulation tells every lie once, so that no run misses one.
"""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule

from circuits import records
from tests.settlement import samples
from tests.settlement.samples import LIMITS
from tests.simulation import traders
from tests.simulation.lies import LIES
from tests.simulation.world import PRICES, World

WHO = st.integers(0, 7)
ASSET = st.sampled_from([0, 0, 1, 2, 4, 6])
AMOUNT = st.integers(1, 1_000)
TRUTH, *DISHONEST = LIES
LIE = st.one_of(st.just(TRUTH), st.just(TRUTH), st.sampled_from(DISHONEST))
AT_ONCE = st.booleans()


def change(*parts: tuple[int, int]) -> tuple[int, ...]:
    """The eight changes with these (asset, amount) parts."""
    return tuple(sum(amount for asset, amount in parts if asset == i) for i in range(records.ASSETS))


def begin(world: World, assets: tuple[int, ...]) -> None:
    """Publishes grids, and makes an account with 1,000 of each of the assets."""
    world.publish(PRICES)
    for asset in assets:
        paid = world.draft(traders.nothing(), change((asset, 1_000)), (samples.flow(asset, 1_000, b""),))
        assert world.submit(world.prepare([paid], TRUTH)) is None


class Simulation(RuleBasedStateMachine):
    """Traders deposit, pay, trade and withdraw while prices and time move."""

    drawer = Bundle("drawer")

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.world = World(Path(self.folder.name) / "ledger.sqlite")

    def teardown(self):
        try:
            self.world.close()
        finally:
            self.folder.cleanup()

    @initialize()
    def three_traders(self):
        """Creates balances to trade from the first step on."""
        begin(self.world, (0, 2, 0))

    def holding(self, who: int):
        """One of the accounts, live ones first."""
        spent = self.world.reference.spent
        ordered = sorted(self.world.holdings, key=lambda holding: (holding.position in spent, -holding.position))
        return ordered[who % len(ordered)]

    def send(self, drafts, lie, at_once):
        prepared = self.world.prepare(drafts, lie)
        if at_once:
            self.submit(prepared)
        return prepared

    @rule(prepared=drawer)
    def submit(self, prepared):
        event(f"{self.world.submit(prepared) or 'settled'}")

    @rule(places=st.lists(st.integers(0, 1_000), min_size=8, max_size=8))
    def publish(self, places):
        """Moves every price to a place, in thousandths, of the range that the last initial grid covers."""
        columns = zip(*self.world.grid().publication.initial.values, strict=True)
        self.world.publish(tuple(
            max(1, min(column) + (max(column) - min(column)) * place // 1_000)
            for column, place in zip(columns, places, strict=True)
        ))

    @rule(waited_ms=st.sampled_from([1, 60_000, 299_999, LIMITS.grid_age_ms]))
    def wait(self, waited_ms):
        self.world.now_ms += waited_ms

    @rule(target=drawer, who=WHO, asset=ASSET, amount=AMOUNT, lie=LIE, new=st.booleans(), at_once=AT_ONCE)
    def deposit(self, who, asset, amount, lie, new, at_once):
        source = traders.nothing() if new else self.holding(who)
        paid = self.world.draft(source, change((asset, amount)), (samples.flow(asset, amount, b"bank"),))
        return self.send([paid], lie, at_once)

    @rule(target=drawer, who=WHO, asset=ASSET, amount=AMOUNT, lie=LIE, at_once=AT_ONCE)
    def withdraw(self, who, asset, amount, lie, at_once):
        """The amount may exceed the balance: then margin must allow it, and the reserve must cover it."""
        withdrawal = self.world.draft(self.holding(who), change((asset, -amount)), (samples.flow(asset, -amount),))
        return self.send([withdrawal], lie, at_once)

    @rule(target=drawer, who=WHO, payee=WHO, asset=ASSET, amount=AMOUNT, lie=LIE, at_once=AT_ONCE)
    def pay(self, who, payee, asset, amount, lie, at_once):
        """Pays to an address: the payer also makes the payee's leg, from an empty account."""
        paid = self.world.draft(self.holding(who), change((asset, -amount)))
        received = self.world.draft(traders.nothing(), change((asset, amount)), target=self.holding(payee).keys)
        return self.send([paid, received], lie, at_once)

    @rule(
        target=drawer,
        parties=st.lists(st.tuples(WHO, ASSET, AMOUNT), min_size=2, max_size=4, unique_by=lambda party: party[0]),
        lie=LIE,
        at_once=AT_ONCE,
    )
    def trade(self, parties, lie, at_once):
        """Trades in a ring, where each party sells to the next; two parties make a swap.  Accounts may repeat."""
        drafts = []
        for place, (who, sold, amount) in enumerate(parties):
            _, bought, received = parties[place - 1]
            drafts.append(self.world.draft(self.holding(who), change((sold, -amount), (bought, received))))
        return self.send(drafts, lie, at_once)


TestSimulation = Simulation.TestCase
TestSimulation.settings = settings(
    max_examples=8, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture
def world(tmp_path):
    """A ledger with two accounts, one of 1,000 USDC and one of 1,000 ETH."""
    made = World(tmp_path / "ledger.sqlite")
    begin(made, (0, 2))
    yield made
    made.close()


def leveraged_swap(world: World) -> list:
    """The first account buys more ETH than its USDC can pay for."""
    buyer, seller = world.holdings[:2]
    return [
        world.draft(buyer, change((0, -1_200), (2, 900))),
        world.draft(seller, change((0, 1_200), (2, -900))),
    ]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_every_lie_about_an_honest_swap_is_refused_for_its_own_reason(world, lie):
    assert world.submit(world.prepare(leveraged_swap(world), lie)) == lie.reason


def test_a_bundle_settles_once(world):
    swap = world.prepare(leveraged_swap(world), TRUTH)
    assert [world.submit(swap), world.submit(swap)] == [None, "NULLIFIER_SPENT"]


def test_a_portfolio_that_does_not_survive_the_grid_is_refused(world):
    buyer, seller = world.holdings[:2]
    drafts = [
        world.draft(buyer, change((0, -1_900), (2, 900))),
        world.draft(seller, change((0, 1_900), (2, -900))),
    ]
    assert world.submit(world.prepare(drafts, TRUTH)) == "INVALID_PROOF"


@pytest.mark.parametrize("over_ms, answer", [(0, None), (1, "STALE_GRID")])
def test_margin_may_be_proved_against_a_grid_up_to_its_age_limit(world, over_ms, answer):
    world.now_ms += LIMITS.grid_age_ms + over_ms
    assert world.submit(world.prepare(leveraged_swap(world), TRUTH)) == answer


def test_an_asset_that_was_never_deposited_cannot_be_withdrawn(world):
    borrowed = world.draft(world.holdings[0], change((1, -1)), (samples.flow(1, -1, b"bank"),))
    assert world.submit(world.prepare([borrowed], TRUTH)) == "CUSTODY"
