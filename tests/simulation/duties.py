"""What governors and the insurance do beside the traders: changes of parameters after their delay, and heartbeats."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from circuits.statements import margin as margin_statement
from settlement import engine
from settlement.checks import heartbeat
from settlement.checks.heartbeat import Heartbeat
from settlement.pool import governance
from settlement.pool.governance import Change
from settlement.pool.parameters import Fees, Guardians
from settlement.rejection import Rejected
from tests.settlement.bundles import samples
from tests.simulation import market, secrets
from tests.simulation.traders import Draft
from tests.simulation.world import World
from zk import signature
from zk.hashes import quick


class Duties(RuleBasedStateMachine):
    """Rules of a machine with a `world`."""

    world: World

    @rule(fee=st.sampled_from([0, 1, 10**6]), penalty_bps=st.sampled_from([500, 1_000]), rotates=st.booleans(),
          early_ms=st.sampled_from([0, 0, 0, 1]), signers=st.sampled_from([(0, 1), (0, 1), (1,)]))  # fmt: skip
    def govern(self, fee, penalty_bps, rotates, early_ms, signers):
        """The governors announce another fee, penalty or guardians, perhaps too early or too few of them."""
        event(f"governed: {govern(self.world, fee, penalty_bps, rotates, early_ms, signers) or 'announced'}")

    @rule()
    def wait_for_the_governors(self):
        """Lets the delay of the governors pass, and the next prices come."""
        self.world.now_ms = max(self.world.now_ms, self.world.announced_ms)
        event(f"published: {market.publish(self.world, [0] * 6)}")

    @rule(dollars=st.integers(1, 1_000))
    def found_the_insurance(self, dollars):
        """The guardians pay into the insurance's account, which stays or becomes the one that they vouch for."""
        event(f"insured: {self.world.submit(self.world.prepare([insured(self.world, dollars)])) or 'settled'}")

    @rule(back=st.sampled_from([0, 0, 0, 1]), is_own=st.sampled_from([True, True, False]))
    def beat(self, back, is_own):
        """The insurance shows that it is solvent, if it is; or tries with an older epoch, or another's account."""
        event(f"heartbeat: {beat(self.world, back, is_own) or 'taken'}")


def govern(
    world: World, fee: int, penalty_bps: int, rotates: bool, early_ms: int = 0, signers: Sequence[int] = (0, 1)
) -> str | None:
    """Has a change announced, to be in force as early as it may.  The reason for its refusal, or None."""
    pool, before = world.ledger.pool, world.announced
    number = before.guardians.number + rotates
    keys = [signature.public(secret(number)) for secret in (secrets.encryption, secrets.signing)]
    retired = number if rotates else before.guardians.stale_before
    after = replace(
        before, version=before.version + 1, fees=Fees(fee, 0), penalty_bps=penalty_bps,
        guardians=Guardians(number, 1, 1, *keys, retired),
    )  # fmt: skip
    earliest_ms = max(world.now_ms + pool.governance.delay_ms, world.announced_ms)
    change = Change(after, earliest_ms - early_ms, ())
    change = governance.sign(pool, change, [samples.GOVERNOR_SECRETS[governor] for governor in signers])
    expected = "GOVERNANCE_EARLY" if early_ms else "GOVERNANCE" if len(signers) < pool.governance.quorum else None
    refused = _refused(lambda: engine.govern(world.ledger, governance.encode(change), world.now_ms))
    assert refused == expected, f"{refused} instead of {expected}"
    if refused is None:
        world.announced, world.announced_ms, world.reference.last_ms = after, change.effective_ms, world.now_ms
        terms = {"leg_fee": fee, "penalty_bps": penalty_bps, "guard": number, "stale_before": retired}
        world.due.append((change.effective_ms, terms))
    return refused


def insured(world: World, dollars: int) -> Draft:
    """A payment into the insurance's account, which the guardians mark and sign."""
    paid = market.change((market.USDC, dollars))
    drafted = world.draft(market.insurance(world), paid, (samples.flow(market.USDC, paid[market.USDC]),))
    return replace(drafted, guard=world.reference.guard, grid=world.grid(), is_insurance=True)


def retire_guardians(world: World) -> None:
    """New guardians take over, after the delay that the governors owe everybody, and the old ones are retired."""
    terms = world.announced
    assert govern(world, terms.fees.leg, terms.penalty_bps, rotates=True) is None
    world.now_ms = world.announced_ms
    world.enter()
    world.publish({})


def beat(world: World, back: int = 0, is_own: bool = True) -> str | None:
    """Has an account shown to be solvent, the insurance's or another.  The reason for its refusal, or None."""
    newest, insured = world.grid(), world.ledger.reader.insurance()
    there = {one.account.commitment(quick.hash): one.account for one in world.holdings}
    commitment = insured if is_own and insured else next(iter(there))
    account, published = there[commitment], world.reference.grids[-1].epoch
    values = newest.publication.maintenance
    proof = world.notary.prove(
        "margin", margin_statement.Public(commitment, values.values), margin_statement.Private(account)
    )
    made = Heartbeat(world.ledger.pool.margin.digest, published - back, commitment, proof)
    is_due = not back and world.reference.heartbeat < published and commitment == insured
    is_solvent = all(market.worth(account.balances, row) >= 0 for row in values.values)
    expected = "HEARTBEAT" if not is_due else None if is_solvent else "INVALID_PROOF"
    refused = _refused(lambda: engine.beat(world.ledger, heartbeat.encode(made), world.now_ms, world.verify))
    assert refused == expected, f"{refused} instead of {expected}"
    if refused is None:
        world.reference.heartbeat, world.reference.last_ms = published, world.now_ms
    return refused


def _refused(act) -> str | None:
    try:
        act()
    except Rejected as error:
        return error.rejection.name
    return None
