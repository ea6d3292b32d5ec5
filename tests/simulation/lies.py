"""Every way to falsify a bundle, with the reason for its refusal when nothing else is wrong.

A lie changes drafts before they are proved, legs after they are signed, or the bundle after it is bound, and with it
the copy in the clear, where that changes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from circuits import records
from settlement import encoding, grids
from settlement.bundle import Bundle
from settlement.grids import Publication
from settlement.ledger import Ledger
from tests.reference.ledger import PlainBundle, PlainLeg
from tests.settlement import samples
from tests.simulation import traders
from tests.simulation.traders import Draft, Made
from zk import entropy, signature
from zk.fields.prime import R

Drafts = list[Draft]
Sealed = tuple[Bundle, PlainBundle]


@dataclass(frozen=True, repr=False)
class Lie:
    """One change at one stage.  `reason` is None for the truth."""

    name: str
    reason: str | None
    drafts: Callable[[Ledger, Drafts], Drafts] = lambda ledger, drafts: drafts
    legs: Callable[[Ledger, list[Made]], list[Made]] = lambda ledger, made: made
    bundle: Callable[[Bundle, PlainBundle], Sealed] = lambda bundle, plain: (bundle, plain)
    data: Callable[[bytes], bytes] = lambda data: data

    def __repr__(self) -> str:
        return f"<{self.name}>"


def _of_first(change: Callable) -> Callable:
    """Applies the change to the first draft or leg."""
    return lambda ledger, items: [change(ledger, items[0]), *items[1:]]


def _more(amounts: tuple[int, ...]) -> tuple[int, ...]:
    return (amounts[0] + 1, *amounts[1:])


def _resigned(made: Made, ledger: Ledger, plain: PlainLeg, **public) -> Made:
    """A leg with other public inputs, still signed by its owner."""
    changed = replace(made.leg, public=replace(made.leg.public, **public))
    return traders.sign(ledger.ledger_id, replace(made, leg=changed, plain=plain))


def _mild_grid(ledger: Ledger, drafted: Draft) -> Draft:
    """Margin against the trader's own grid, in which no debt is worth anything."""
    newest = ledger.reader.grids(1)[0].publication
    mild = records.RiskGrid(newest.epoch, ((0,) * records.ASSETS,) * records.SCENARIOS)
    return replace(drafted, cash=False, grid=grids.with_roots(Publication(newest.epoch, mild, mild, b""), 0))


def _maintenance_grid(ledger: Ledger, drafted: Draft) -> Draft:
    newest = ledger.reader.grids(1)[0].publication
    return replace(drafted, cash=False, grid=grids.with_roots(replace(newest, initial=newest.maintenance), 0))


def _unknown_root(ledger: Ledger, made: Made) -> Made:
    root = entropy.scalar(R)
    return _resigned(made, ledger, replace(made.plain, root=root), root=root)


def _unknown_key(ledger: Ledger, made: Made) -> Made:
    changed = replace(made, leg=replace(made.leg, key=bytes(32)), plain=replace(made.plain, known_key=False))
    return traders.sign(ledger.ledger_id, changed)


def _unknown_margin_key(ledger: Ledger, made: Made) -> Made:
    if made.leg.margin is None:
        return made
    leg = replace(made.leg, margin=replace(made.leg.margin, key=made.leg.key))
    plain = replace(made.plain, margin=replace(made.plain.margin, known_key=False))
    return traders.sign(ledger.ledger_id, replace(made, leg=leg, plain=plain))


def _made_up_nullifier(ledger: Ledger, made: Made) -> Made:
    nullifier = entropy.scalar(R)
    plain = replace(made.plain, spends=f"made up {nullifier}", faithful=False)
    return _resigned(made, ledger, plain, nullifier=nullifier)


def _other_commitment(ledger: Ledger, made: Made) -> Made:
    commitment = entropy.scalar(R)
    plain = replace(made.plain, commitment=commitment, faithful=False)
    return _resigned(made, ledger, plain, commitment=commitment)


def _thiefs_key(ledger: Ledger, made: Made) -> Made:
    """A leg of somebody else's account, with the thief's rk and signature."""
    thief = entropy.scalar(R) % 2**250 + 1
    x, y = signature.public(thief)
    return _resigned(replace(made, spending=thief), ledger, replace(made.plain, faithful=False), rk_x=x, rk_y=y)


def _changed_after_signing(ledger: Ledger, made: Made) -> Made:
    leg = replace(made.leg, expiry_ms=made.leg.expiry_ms + 1)
    return replace(made, leg=leg, plain=replace(made.plain, expiry_ms=leg.expiry_ms, signed=False))


def _forged(ledger: Ledger, made: Made) -> Made:
    forged = traders.sign(ledger.ledger_id, replace(made, spending=made.spending % 2**240 + 1))
    return replace(forged, spending=made.spending, plain=replace(made.plain, signed=False))


def _swapped_proof(ledger: Ledger, made: list[Made]) -> list[Made]:
    """The first leg with the last leg's proof, which no signature covers."""
    if len(made) == 1:
        return made
    leg = replace(made[0].leg, proof=made[-1].leg.proof)
    return [replace(made[0], leg=leg, plain=replace(made[0].plain, faithful=False)), *made[1:]]


def _wrong_binding(bundle: Bundle, plain: PlainBundle) -> Sealed:
    return replace(bundle, binding=bundle.legs[0].signature), replace(plain, bound=False)


def _reordered(bundle: Bundle, plain: PlainBundle) -> Sealed:
    """The same legs in another order than the signed one."""
    if len(bundle.legs) == 1:
        return bundle, plain
    reordered = samples.attest(replace(bundle, legs=bundle.legs[::-1]))
    return reordered, replace(plain, legs=plain.legs[::-1], bound=False)


def _left_out(bundle: Bundle, plain: PlainBundle) -> Sealed:
    """The bundle without its last leg: one party gives and gets nothing."""
    if len(bundle.legs) == 1:
        return bundle, plain
    return samples.attest(replace(bundle, legs=bundle.legs[:-1])), replace(plain, legs=plain.legs[:-1], bound=False)


def _in_and_out(ledger: Ledger, drafted: Draft) -> Draft:
    """The same draft, through which one unit also flows in and out."""
    return replace(drafted, flows=(*drafted.flows, samples.flow(0, 1), samples.flow(0, -1)))


def _one_reference_twice(ledger: Ledger, drafted: Draft) -> Draft:
    paid = samples.flow(0, 1)
    return replace(drafted, flows=(*drafted.flows, paid, replace(paid, amount=-1)))


def _reference_of_before(ledger: Ledger, drafted: Draft) -> Draft:
    settled = ledger.reader.flows()[0].flow
    flows = (replace(settled, amount=1), samples.flow(settled.asset, -1))
    return replace(drafted, flows=(*drafted.flows, *flows))


def _unattested(bundle: Bundle, plain: PlainBundle) -> Sealed:
    return replace(bundle, attestations=(None,) * len(bundle.attestations)), replace(plain, attested=False)


def _attested_by_a_stranger(bundle: Bundle, plain: PlainBundle) -> Sealed:
    return samples.attest(bundle, samples.CUSTODIAN_SECRET + 1), replace(plain, attested=False)


def _attestations_exchanged(bundle: Bundle, plain: PlainBundle) -> Sealed:
    """Every flow with the signature on another one."""
    *others, last = bundle.attestations
    return replace(bundle, attestations=(last, *others)), replace(plain, attested=False)


LIES = (
    Lie("the truth", None),
    Lie("too many bytes", "TOO_LARGE", data=lambda data: data + bytes(encoding.MAX_BUNDLE_BYTES)),
    Lie("too few bytes", "MALFORMED", data=lambda data: data[:-1]),
    Lie("another ledger", "WRONG_LEDGER", bundle=lambda bundle, plain: (
        replace(bundle, ledger_id=bytes(32)), replace(plain, own_ledger=False)
    )),
    Lie("another leg key", "UNKNOWN_KEY", legs=_of_first(_unknown_key)),
    Lie("another margin key", "UNKNOWN_KEY", legs=_of_first(_unknown_margin_key)),
    Lie("no time left", "EXPIRED", drafts=_of_first(lambda _, drafted: replace(drafted, expiry_ms=0))),
    Lie("a root of its own", "UNKNOWN_ROOT", legs=_of_first(_unknown_root)),
    Lie("no margin", "MARGIN_MISSING", drafts=_of_first(lambda _, drafted: replace(drafted, cash=False, grid=None))),
    Lie("a mild grid", "STALE_GRID", drafts=_of_first(_mild_grid)),
    Lie("the maintenance grid", "STALE_GRID", drafts=_of_first(_maintenance_grid)),
    Lie("one account twice", "NULLIFIER_REPEATED", drafts=lambda _, drafts: [
        *drafts, replace(drafts[-1], balances=drafts[-1].source.account.balances, claimed=traders.NOTHING, flows=())
    ]),
    Lie("changed after signing", "LEG_SIGNATURE", legs=_of_first(_changed_after_signing)),
    Lie("a forged signature", "LEG_SIGNATURE", legs=_of_first(_forged)),
    Lie("one unit more", "UNBALANCED", drafts=_of_first(lambda _, drafted: replace(
        drafted, balances=_more(drafted.balances), claimed=_more(drafted.claimed)
    ))),
    Lie("a wrong binding", "UNBALANCED", bundle=_wrong_binding),
    Lie("another order of legs", "UNBALANCED", bundle=_reordered),
    Lie("a leg left out", "UNBALANCED", bundle=_left_out),
    Lie("a hidden unit", "INVALID_PROOF", drafts=_of_first(lambda _, drafted: replace(
        drafted, balances=_more(drafted.balances)
    ))),
    Lie("a debt as cash", "INVALID_PROOF", drafts=_of_first(lambda _, drafted: replace(drafted, cash=True, grid=None))),
    Lie("a made-up nullifier", "INVALID_PROOF", legs=_of_first(_made_up_nullifier)),
    Lie("another commitment", "INVALID_PROOF", legs=_of_first(_other_commitment)),
    Lie("a thief's key", "INVALID_PROOF", legs=_of_first(_thiefs_key)),
    Lie("another leg's proof", "INVALID_PROOF", legs=_swapped_proof),
    Lie("no custodian's signature", "ATTESTATION", drafts=_of_first(_in_and_out), bundle=_unattested),
    Lie("a stranger's signature", "ATTESTATION", drafts=_of_first(_in_and_out), bundle=_attested_by_a_stranger),
    Lie("another flow's signature", "ATTESTATION", drafts=_of_first(_in_and_out), bundle=_attestations_exchanged),
    Lie("one reference twice", "REFERENCE_USED", drafts=_of_first(_one_reference_twice)),
    Lie("a reference of before", "REFERENCE_USED", drafts=_of_first(_reference_of_before)),
)
