"""A signature for one ledger, one bundle and one set of flows cannot be used anywhere else."""

from dataclasses import replace

import pytest

from settlement import engine
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import CIPHERTEXT_BYTES, Bundle, Flow
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from tests.settlement import guarded
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import LATER_MS, NOW_MS, Made, any_proof, bind, change, make
from tests.settlement.risk.publications import publish


@pytest.fixture
def ledger(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", samples.pool(), NOW_MS) as opened:
        publish(opened, 1)
        yield opened


def submit(ledger: Ledger, bundle: Bundle) -> engine.Receipt:
    return engine.submit(ledger, encoding.encode_bundle(bundle), NOW_MS, any_proof)


def refusal(ledger: Ledger, bundle: Bundle) -> Rejection:
    with pytest.raises(Rejected) as refused:
        submit(ledger, bundle)
    return refused.value.rejection


def test_a_bundle_settles_once_and_has_one_receipt(ledger):
    deposit = samples.deposit(ledger, 100)
    receipt, before = submit(ledger, deposit), ledger.reader.last_event()
    assert submit(ledger, deposit) == receipt == engine.settled(ledger, receipt.bundle_id)
    assert ledger.reader.last_event() == before
    with pytest.raises(Rejected) as refused:
        engine.check(ledger, encoding.encode_bundle(deposit), NOW_MS, any_proof)
    assert refused.value.rejection is Rejection.NULLIFIER_SPENT


def test_a_rerandomised_or_re_signed_bundle_is_the_same_bundle(ledger):
    one = make(ledger)
    receipt, before = submit(ledger, bind(ledger.ledger_id, one)), ledger.reader.last_event()
    again = replace(one, leg=samples.sign(ledger.ledger_id, replace(one.leg, proof=replace(one.leg.proof))))
    assert submit(ledger, bind(ledger.ledger_id, again)) == receipt and ledger.reader.last_event() == before


def test_an_account_is_not_spent_twice_in_one_bundle_nor_by_two_expiries(ledger):
    first, second = make(ledger, nullifier=9), make(ledger, nullifier=9, expiry_ms=LATER_MS + 1)
    assert refusal(ledger, bind(ledger.ledger_id, first, second)) is Rejection.NULLIFIER_REPEATED
    submit(ledger, bind(ledger.ledger_id, first))
    assert refusal(ledger, bind(ledger.ledger_id, second)) is Rejection.NULLIFIER_SPENT


def test_a_bundle_for_one_ledger_is_rejected_by_another_ledger_with_the_same_terms(ledger, tmp_path):
    with Ledger.create(tmp_path / "twin.sqlite", samples.pool(salt=b"another 16 bytes"), NOW_MS) as twin:
        one = make(twin)
        assert one.leg.public.root == ledger.reader.tree().root
        whole = bind(twin.ledger_id, one)
        assert refusal(ledger, whole) is Rejection.WRONG_LEDGER
        assert refusal(ledger, replace(whole, ledger_id=ledger.ledger_id)) is Rejection.LEG_SIGNATURE
        assert refusal(ledger, bind(ledger.ledger_id, one)) is Rejection.LEG_SIGNATURE
        with pytest.raises(Rejected) as refused:
            engine.check_leg(ledger, encoding.encode_leg(one.leg), NOW_MS, any_proof)
        assert refused.value.rejection is Rejection.LEG_SIGNATURE
        own = samples.sign(ledger.ledger_id, one.leg)
        swapped = replace(whole, ledger_id=ledger.ledger_id, legs=(own,))
        assert refusal(ledger, swapped) is Rejection.UNBALANCED
        submit(twin, whole)


def test_an_assembler_can_neither_move_nor_change_flows(ledger):
    """The assembler knows all blindings and can bind anything; only the signatures of the legs prevent this."""
    submit(ledger, samples.deposit(ledger, 100))
    mine = samples.flow(0, -40, b"alice")
    alice, bob = make(ledger, change(USDC=-40), [mine]), make(ledger)
    def with_flows(made: Made, *flows: Flow) -> Made:
        return replace(made, leg=replace(made.leg, flows=flows))

    tampered = [
        (with_flows(alice), with_flows(bob, mine)),
        (with_flows(alice, replace(mine, party=b"bob")), bob),
        (with_flows(alice, replace(mine, amount=-41)), with_flows(bob, samples.flow(0, 1, b"bob"))),
        (with_flows(alice, mine, samples.flow(0, 1, b"bob"), samples.flow(0, -1, b"bob")), bob),
    ]
    for legs in tampered:
        assert refusal(ledger, bind(ledger.ledger_id, *legs)) is Rejection.LEG_SIGNATURE
    submit(ledger, bind(ledger.ledger_id, alice, bob))


@pytest.mark.parametrize("tamper", [
    lambda leg: replace(leg, expiry_ms=leg.expiry_ms + 1),
    lambda leg: replace(leg, ciphertexts=()),
    lambda leg: replace(leg, ciphertexts=(b"\1" * CIPHERTEXT_BYTES,)),
    lambda leg: replace(leg, public=replace(leg.public, commitment=77)),
    lambda leg: replace(leg, public=replace(leg.public, nullifier=77)),
])
def test_only_its_owner_can_change_a_leg(ledger, tamper):
    one = make(ledger)
    assert refusal(ledger, bind(ledger.ledger_id, replace(one, leg=tamper(one.leg)))) is Rejection.LEG_SIGNATURE
    submit(ledger, bind(ledger.ledger_id, one))


def test_a_margin_proof_can_be_replaced_by_anybody_and_removed_by_nobody(ledger):
    """It is about the leg's own new account, and verifies for no other: so a newer one needs no signature."""
    older = samples.margin(ledger)
    publish(ledger, 2)
    one = guarded.guarded(ledger, margin=older)
    bare = replace(one, leg=replace(one.leg, margin=None))
    assert refusal(ledger, bind(ledger.ledger_id, bare)) is Rejection.MARGIN_MISSING
    refreshed = replace(one, leg=replace(one.leg, margin=samples.margin(ledger)))
    assert digests.leg_id(ledger.ledger_id, refreshed.leg) == digests.leg_id(ledger.ledger_id, one.leg)
    submit(ledger, bind(ledger.ledger_id, refreshed))


def test_an_escrow_can_be_neither_removed_nor_replaced(ledger):
    """Or whoever passes a leg on could hide the account from the guardians."""
    one = guarded.guarded(ledger)
    bare = replace(one, leg=replace(one.leg, escrow=None))
    assert refusal(ledger, bind(ledger.ledger_id, bare)) is Rejection.ESCROW_MISSING
    other = replace(one.leg.escrow, ciphertext=tuple(range(1, 9)))
    changed = replace(one, leg=replace(one.leg, escrow=other))
    assert refusal(ledger, bind(ledger.ledger_id, changed)) is Rejection.LEG_SIGNATURE
    submit(ledger, bind(ledger.ledger_id, one))


def test_a_leg_can_be_bundled_only_with_its_blinding(ledger):
    """A maker's leg is public on the board, but cannot be settled, at any price, without its sealed terms."""
    maker = make(ledger, change(USDC=100, ETH=-1))
    taker = make(ledger, change(USDC=-100, ETH=1))
    for guess in (0, 1, taker.blinding):
        stolen = bind(ledger.ledger_id, replace(maker, blinding=guess), taker)
        assert refusal(ledger, stolen) is Rejection.UNBALANCED


def test_a_settled_leg_cannot_be_settled_in_another_bundle(ledger):
    maker = make(ledger, change(USDC=100, ETH=-1))
    takers = [make(ledger, change(USDC=-100, ETH=1)) for _ in range(2)]
    first, second = (bind(ledger.ledger_id, maker, taker) for taker in takers)
    submit(ledger, first)
    assert refusal(ledger, second) is Rejection.NULLIFIER_SPENT


def test_legs_can_be_neither_removed_from_nor_added_to_a_bound_bundle(ledger):
    one, other, third = make(ledger), make(ledger), make(ledger)
    bound = bind(ledger.ledger_id, one, other)
    for legs in ((one.leg,), (other.leg,), (one.leg, other.leg, third.leg), (one.leg, third.leg)):
        assert refusal(ledger, replace(bound, legs=legs)) is Rejection.UNBALANCED
    submit(ledger, bound)
