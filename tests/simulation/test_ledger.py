"""The engine against a reference ledger in the clear: same answer, same reason, no unit created or lost.

Honest and dishonest bundles are made at random and sent at once, later, or again, while prices move, accounts are
seized, claims expire and loans are paid off.  After every bundle the reserve of each held asset is the sum of the held
balances and the public accounts, none of them below zero; and whatever happened, at the end every holder who owes
nothing takes out all that it holds.  A failure is a sequence of steps that hypothesis shrinks.  The table below the
simulation tells every lie once, so that no run misses one.
"""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, rule

from settlement.bundles.bundle import Account, Flow
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import LIMITS
from tests.simulation import market, traders
from tests.simulation.binding import Converted
from tests.simulation.duties import Duties
from tests.simulation.lies import LIES, TRUTH
from tests.simulation.market import CALL, LOAN, PERPETUAL, begin, change
from tests.simulation.world import World

WHO = st.integers(0, 7)
HELD = st.sampled_from([0, 0, 1, 2])
ASSET = st.sampled_from([0, 0, 1, 2, LOAN, PERPETUAL, CALL])
DOLLARS = st.integers(1, 1_000)
DISHONEST = [lie for lie in LIES if lie is not TRUTH]
LIE = st.one_of(st.just(TRUTH), st.just(TRUTH), st.sampled_from(DISHONEST))
AT_ONCE = st.booleans()


class Simulation(Duties):
    """Traders deposit, pay, trade and withdraw while prices and time move, and guardians seize."""

    drawer = Bundle("drawer")

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.world = World(Path(self.folder.name) / "ledger.sqlite", grace_epochs=6)

    def teardown(self):
        try:
            self.world.withdraw_everything()
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

    def send(self, drafts, lie, at_once, **beside):
        prepared = self.world.prepare(drafts, lie, **beside)
        if at_once:
            self.submit(prepared)
        return prepared

    @rule(prepared=drawer)
    def submit(self, prepared):
        event(f"{self.world.submit(prepared) or 'settled'}")

    @rule(moves=st.lists(st.integers(-100, 100), min_size=6, max_size=6), times=st.sampled_from([1, 1, 3, 30]))
    def publish(self, moves, times):
        """Moves prices by so many bps, within what the last grid covers or far beyond it."""
        self.world.now_ms += 1_000
        event(f"published: {market.publish(self.world, [move * times for move in moves])}")

    @rule(waited_ms=st.sampled_from([1, 60_000, 299_999, LIMITS.grid_age_ms]))
    def wait(self, waited_ms):
        self.world.now_ms += waited_ms

    @rule(target=drawer, who=WHO, asset=HELD, dollars=DOLLARS, lie=LIE, new=st.booleans(), at_once=AT_ONCE)
    def deposit(self, who, asset, dollars, lie, new, at_once):
        source = traders.nothing() if new else self.holding(who)
        paid = change((asset, dollars))
        return self.send([self.world.draft(source, paid, (samples.flow(asset, paid[asset]),))], lie, at_once)

    @rule(target=drawer, who=WHO, asset=HELD, dollars=DOLLARS, lie=LIE, at_once=AT_ONCE,
          later=st.sampled_from([None, None, 0, 1, -1, 4]))  # fmt: skip
    def top_up(self, who, asset, dollars, lie, at_once, later):
        """In the owner's next period, or in one that he may have used, or of another epoch."""
        paid, grid = change((asset, dollars)), self.world.grid()
        epoch = 0 if grid is None else grid.publication.epoch
        period = None if later is None else max(4 * epoch + later, 0)
        draft = self.world.top_up(self.holding(who), paid, (samples.flow(asset, paid[asset]),), period)
        return self.send([draft], lie, at_once)

    @rule(target=drawer, who=WHO, asset=HELD, dollars=DOLLARS, lie=LIE, at_once=AT_ONCE)
    def withdraw(self, who, asset, dollars, lie, at_once):
        """The amount may exceed the balance: then the leg is false, whatever margin it has."""
        taken = change((asset, -dollars))
        draft = self.world.draft(self.holding(who), taken, (samples.flow(asset, taken[asset]),))
        return self.send([draft], lie, at_once)

    @rule(target=drawer, who=WHO, payee=WHO, asset=ASSET, dollars=DOLLARS, lie=LIE, at_once=AT_ONCE)
    def pay(self, who, payee, asset, dollars, lie, at_once):
        """Pays to an address: the payer also makes the payee's leg, from an empty account, and signs for both."""
        paid = self.world.draft(self.holding(who), change((asset, -dollars)))
        received = self.world.draft(traders.nothing(), change((asset, dollars)), target=self.holding(payee).keys)
        return self.send([market.accompanied(paid), market.accompanied(received)], lie, at_once)

    @rule(
        target=drawer,
        parties=st.lists(st.tuples(WHO, ASSET, DOLLARS), min_size=2, max_size=4, unique_by=lambda party: party[0]),
        lie=LIE,
        at_once=AT_ONCE,
    )
    def trade(self, parties, lie, at_once):
        """Trades in a ring, where each party sells to the next; two parties make a swap.  Accounts may repeat."""
        drafts = []
        for place, (who, sold, dollars) in enumerate(parties):
            _, bought, received = parties[place - 1]
            drafts.append(self.world.draft(self.holding(who), change((sold, -dollars), (bought, received))))
        return self.send(drafts, lie, at_once)

    @rule(target=drawer, who=WHO, other=WHO, claim=st.sampled_from([LOAN, PERPETUAL, CALL]), dollars=DOLLARS,
          lie=LIE, at_once=AT_ONCE)  # fmt: skip
    def owe(self, who, other, claim, dollars, lie, at_once):
        """One sells a claim to another for dollars, and may owe it from then on."""
        seller = self.world.draft(self.holding(who), change((claim, -dollars), (0, dollars)))
        buyer = self.world.draft(self.holding(other), change((claim, dollars), (0, -dollars)))
        return self.send([seller, buyer], lie, at_once)

    @rule(target=drawer, who=WHO, at_once=AT_ONCE, lie=LIE, more=st.sampled_from([0, 0, 1, -1]))
    def seize(self, who, at_once, lie, more):
        """The guardians seize an account, in breach or not, of the right amount or not; the insurance takes it over."""
        holding = self.holding(who)
        if self.world.grid() is None or not holding.account.guard:
            return self.send([self.world.draft(holding, traders.NOTHING)], lie, at_once)
        seized = market.seized(self.world, holding, more)
        return self.send([market.taken_over(self.world, seized)], lie, at_once, seized=[seized])

    @rule(target=drawer, who=WHO, dollars=DOLLARS, lie=LIE, at_once=AT_ONCE, more=st.sampled_from([0, 0, 1, -1]))
    def use_the_pot(self, who, dollars, lie, at_once, more):
        """Whoever owes dUSDC pays it off, whoever is owed it is paid, at the index or one unit beside it."""
        return self.send([market.with_pot(self.world, self.holding(who), dollars, more)], lie, at_once)

    @rule()
    def expire(self):
        """The options expire, and their rates are published, once."""
        event(f"expired: {market.expire(self.world)}")

    @rule(target=drawer, who=WHO, lie=LIE, at_once=AT_ONCE, more=st.sampled_from([0, 0, 1, -1]))
    def convert(self, who, lie, at_once, more):
        """All calls of an account turn into dUSDC, at the rate or one beside it."""
        holding, rate = self.holding(who), self.world.reference.rates.get(CALL, 50_000)
        calls = holding.account.balances[CALL]
        draft = self.world.draft(holding, market.converted(calls, rate))
        return self.send([draft], lie, at_once, converted=[Converted(CALL, -calls, max(0, rate + more))])

    @rule(target=drawer, who=WHO, dollars=DOLLARS, lie=LIE, at_once=AT_ONCE, draws=st.booleans(),
          account=st.sampled_from([Account.FEE, Account.INSURANCE]))  # fmt: skip
    def public_account(self, who, dollars, lie, at_once, draws, account):
        """Somebody pays into a public account, or the guardians draw from it."""
        paid = change((0, dollars if draws else -dollars))
        flow = Flow(0, paid[0], account, b"", b"")
        return self.send([self.world.draft(self.holding(who), paid, (flow,))], lie, at_once)


TestSimulation = Simulation.TestCase
TestSimulation.settings = settings(
    max_examples=8, stateful_step_count=40, suppress_health_check=list(HealthCheck)
)


@pytest.fixture
def world(tmp_path):
    """A ledger with two accounts, one of 1,000 dollars and one of 1,000 dollars' worth of ETH."""
    made = World(tmp_path / "ledger.sqlite")
    begin(made, (0, 2))
    yield made
    made.withdraw_everything()
    made.close()


def leveraged_swap(world: World) -> list:
    """The first account buys more ETH than its dollars can pay for, and owes the rest as a loan."""
    buyer, seller = world.holdings[:2]
    return [
        world.draft(buyer, change((0, -800), (LOAN, -100), (2, 900))),
        world.draft(seller, change((0, 800), (LOAN, 100), (2, -900))),
    ]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_every_lie_about_an_honest_swap_is_refused_for_its_own_reason(world, lie):
    assert world.submit(world.prepare(leveraged_swap(world), lie)) == lie.reason


def test_a_bundle_settles_once(world):
    swap = world.prepare(leveraged_swap(world))
    assert [world.submit(swap), world.submit(swap)] == [None, "NULLIFIER_SPENT"]


def test_a_portfolio_that_does_not_survive_the_grid_is_refused(world):
    buyer, seller = world.holdings[:2]
    drafts = [
        world.draft(buyer, change((0, -1_000), (LOAN, -900), (2, 900))),
        world.draft(seller, change((0, 1_000), (LOAN, 900), (2, -900))),
    ]
    assert world.submit(world.prepare(drafts)) == "INVALID_PROOF"


@pytest.mark.parametrize("over_ms, answer", [(0, None), (1, "STALE_GRID")])
def test_margin_may_be_proved_against_a_grid_up_to_its_age_limit(world, over_ms, answer):
    world.now_ms += LIMITS.grid_age_ms + over_ms
    assert world.submit(world.prepare(leveraged_swap(world))) == answer


def test_what_is_held_cannot_be_owed_whatever_margin_stands_behind_it(world):
    """A thousand dollars of USDC, and one satoshi of BTC that is somebody's who holds it."""
    borrowed = world.draft(world.holdings[0], change((1, -1)), (samples.flow(1, change((1, -1))[1], b"bank"),))
    assert world.notary.reason(traders.make(world.ledger, world.notary, borrowed).leg.proof) == "held balances"
    assert world.submit(world.prepare([borrowed])) == "INVALID_PROOF"
