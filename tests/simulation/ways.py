"""The ways in which tests.simulation.lies falsifies drafts, legs and bundles, one function each."""

from collections.abc import Callable
from dataclasses import replace

from circuits import records
from settlement.bundles import digests
from settlement.bundles.bundle import Account, Bundle, Flow
from settlement.checks import topups
from settlement.ledger import Ledger
from tests.reference.plain import PlainBundle, PlainLeg
from tests.settlement.bundles import samples
from tests.simulation import binding, traders
from tests.simulation.notary import Notary
from tests.simulation.traders import Draft, Made
from zk import entropy, signature
from zk.fields.prime import R

Sealed = tuple[Bundle, PlainBundle]


def of_first(change: Callable) -> Callable:
    """Applies the change to the first draft or leg."""
    return lambda ledger, items: [change(ledger, items[0]), *items[1:]]


def more(amounts: tuple[int, ...]) -> tuple[int, ...]:
    return (amounts[0] + 1, *amounts[1:])


def changed(made: Made, ledger: Ledger, plain: PlainLeg, **changes) -> Made:
    """A leg with other parts, still signed by its owner."""
    return traders.sign(ledger.ledger_id, replace(made, leg=replace(made.leg, **changes), plain=plain))


def resigned(made: Made, ledger: Ledger, plain: PlainLeg, **public) -> Made:
    """A leg with other public inputs, still signed by its owner."""
    return changed(made, ledger, plain, public=replace(made.leg.public, **public))


def newest_grid(ledger: Ledger, drafted: Draft) -> Draft:
    return replace(drafted, grid=ledger.reader.grids(1)[0])


def newest_period(ledger: Ledger) -> int:
    """The first in which a top-up counts now."""
    return topups.periods(ledger.reader)[0]


def topped_up_twice(ledger: Ledger, drafts: list[Draft]) -> list[Draft]:
    """Beside the others, two accounts of one owner in one period."""
    first = traders.nothing()
    second = replace(first, account=replace(first.account, rho=1))
    expiry_ms, period = drafts[0].expiry_ms, newest_period(ledger)
    added = [traders.top_up(one, traders.NOTHING, (), expiry_ms, period) for one in (first, second)]
    return [*drafts, *(replace(one, guard=1) for one in added)]


def later_grid(ledger: Ledger, drafted: Draft) -> Draft:
    """Margin against an epoch that is not published yet, in which no debt is worth anything."""
    newest = ledger.reader.grids(1)[0]
    mild = records.RiskGrid(((0,) * records.ASSETS,) * records.SCENARIOS)
    publication = replace(newest.publication, epoch=newest.publication.epoch + 1, initial=mild, maintenance=mild)
    return replace(drafted, guard=1, grid=replace(newest, publication=publication))


def mild_grid(ledger: Ledger, drafted: Draft) -> Draft:
    """Margin against the trader's own grid under the newest epoch's number."""
    newest = ledger.reader.grids(1)[0]
    mild = records.RiskGrid(((10**15,) * records.ASSETS,) * records.SCENARIOS)
    return replace(drafted, guard=1, grid=replace(newest, publication=replace(newest.publication, initial=mild)))


def unfaithful(ledger: Ledger, made: Made) -> Made:
    """For the reference, to which the lie does not show."""
    return replace(made, plain=replace(made.plain, faithful=False))


def unknown_root(ledger: Ledger, made: Made) -> Made:
    root = entropy.scalar(R)
    return resigned(made, ledger, replace(made.plain, root=root), root=root)


def unknown_key(ledger: Ledger, made: Made) -> Made:
    return changed(made, ledger, replace(made.plain, known_key=False), key=bytes(32))


def unknown_margin_key(ledger: Ledger, made: Made) -> Made:
    if made.leg.margin is None:
        return made
    margin = replace(made.leg.margin, key=made.leg.key)
    plain = replace(made.plain, margin=replace(made.plain.margin, known_key=False))
    return changed(made, ledger, plain, margin=margin)


def unknown_escrow_key(ledger: Ledger, made: Made) -> Made:
    if made.leg.escrow is None:
        return made
    escrow = replace(made.leg.escrow, key=made.leg.key)
    return changed(made, ledger, replace(made.plain, known_key=False), escrow=escrow)


def sealed_to_a_stranger(ledger: Ledger, made: Made) -> Made:
    """The right opening, sealed to a key that is not the guardians'."""
    if made.leg.escrow is None:
        return made
    return another_escrow(ledger, made, made.holding.account, signature.public(77))


def sealed_with_another_opening(ledger: Ledger, made: Made) -> Made:
    if made.leg.escrow is None:
        return made
    return another_escrow(ledger, made, replace(made.holding.account, balances=traders.NOTHING), None)


def another_escrow(ledger: Ledger, made: Made, account: records.Account, key) -> Made:
    notary = Notary(ledger.pool)  # its proofs are others than the simulation's: nobody has proved this
    sealed = traders.seal(ledger, notary, account, made.leg.commitment, key)
    escrow = replace(sealed, proof=made.leg.escrow.proof)
    return changed(made, ledger, replace(made.plain, escrow=False), escrow=escrow)


def made_up_nullifier(ledger: Ledger, made: Made) -> Made:
    nullifier = entropy.scalar(R)
    plain = replace(made.plain, spends=f"made up {nullifier}", faithful=False)
    return resigned(made, ledger, plain, nullifier=nullifier)


def other_commitment(ledger: Ledger, made: Made) -> Made:
    """Of nobody's account, signed to stand beside the same ones."""
    commitment = entropy.scalar(R)
    return resigned(made, ledger, replace(made.plain, commitment=commitment, faithful=False), commitment=commitment)


def thiefs_key(ledger: Ledger, made: Made) -> Made:
    """A leg of somebody else's account, with the thief's rk and signature."""
    thief = entropy.scalar(R) % 2**250 + 1
    x, y = signature.public(thief)
    return resigned(replace(made, spending=thief), ledger, replace(made.plain, faithful=False), rk_x=x, rk_y=y)


def changed_after_signing(ledger: Ledger, made: Made) -> Made:
    leg = replace(made.leg, expiry_ms=made.leg.expiry_ms + 1)
    return replace(made, leg=leg, plain=replace(made.plain, expiry_ms=leg.expiry_ms, signed=False))


def forged(ledger: Ledger, made: Made) -> Made:
    forged = traders.sign(ledger.ledger_id, replace(made, spending=made.spending % 2**240 + 1))
    return replace(forged, spending=made.spending, plain=replace(made.plain, signed=False))


def unmarked(ledger: Ledger, made: Made) -> Made:
    """A margined leg that says it is a cash leg."""
    if not made.leg.public.guard:
        return made
    plain = replace(made.plain, guard=0, escrow=None, margin=None, faithful=False)
    public = replace(made.leg.public, guard=0)
    return changed(made, ledger, plain, public=public, escrow=None, margin=None)


def swapped_proof(ledger: Ledger, made: list[Made]) -> list[Made]:
    """The first leg with the last leg's proof, which no signature covers."""
    if len(made) == 1:
        return made
    leg = replace(made[0].leg, proof=made[-1].leg.proof)
    return [replace(made[0], leg=leg, plain=replace(made[0].plain, faithful=False)), *made[1:]]


def wrong_company(ledger: Ledger, made: list[Made]) -> list[Made]:
    """The first leg signed to stand beside an account that is not there."""
    plain = replace(made[0].plain, companions=(1,))
    return [changed(made[0], ledger, plain, companions=digests.companions((1,))), *made[1:]]


def wrong_binding(bundle: Bundle, plain: PlainBundle) -> Sealed:
    return replace(bundle, binding=bundle.legs[0].signature), replace(plain, bound=False)


def reordered(bundle: Bundle, plain: PlainBundle) -> Sealed:
    """The same legs in another order than the signed one."""
    if len(bundle.legs) == 1:
        return bundle, plain
    reordered = binding.attest(replace(bundle, legs=bundle.legs[::-1]))
    return reordered, replace(plain, legs=plain.legs[::-1], bound=False)


def left_out(bundle: Bundle, plain: PlainBundle) -> Sealed:
    """The bundle without its last leg: one party gives and gets nothing."""
    if len(bundle.legs) == 1:
        return bundle, plain
    return binding.attest(replace(bundle, legs=bundle.legs[:-1])), replace(plain, legs=plain.legs[:-1], bound=False)


def in_and_out(ledger: Ledger, drafted: Draft) -> Draft:
    """The same draft, through which one unit also flows in and out."""
    return replace(drafted, flows=(*drafted.flows, samples.flow(0, 1), samples.flow(0, -1)))


def drawn(account: Account) -> Callable[[Ledger, Draft], Draft]:
    """The same draft, through which one unit flows out of a public account and outside."""

    def change(ledger: Ledger, drafted: Draft) -> Draft:
        return replace(drafted, flows=(*drafted.flows, Flow(0, 1, account, b"", b""), samples.flow(0, -1)))

    return change


def one_reference_twice(ledger: Ledger, drafted: Draft) -> Draft:
    paid = samples.flow(0, 1)
    return replace(drafted, flows=(*drafted.flows, paid, replace(paid, amount=-1)))


def reference_of_before(ledger: Ledger, drafted: Draft) -> Draft:
    settled = ledger.reader.flows()[0].flow
    flows = (replace(settled, amount=1), samples.flow(settled.asset, -1))
    return replace(drafted, flows=(*drafted.flows, *flows))


def unattested(bundle: Bundle, plain: PlainBundle) -> Sealed:
    return replace(bundle, attestations=(None,) * len(bundle.attestations)), replace(plain, attested=False)


def attested_by_a_stranger(bundle: Bundle, plain: PlainBundle) -> Sealed:
    stranger = {Account.OUTSIDE: samples.CUSTODIAN_SECRET + 1}
    return binding.attest(bundle, stranger), replace(plain, attested=False)


def drawn_by_a_stranger(bundle: Bundle, plain: PlainBundle) -> Sealed:
    return binding.attest(bundle, {Account.INSURANCE: samples.CUSTODIAN_SECRET}), replace(plain, guarded=False)


def attestations_exchanged(bundle: Bundle, plain: PlainBundle) -> Sealed:
    """Every flow with the signature on another one."""
    *others, last = bundle.attestations
    return replace(bundle, attestations=(last, *others)), replace(plain, attested=False)
