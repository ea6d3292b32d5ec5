"""The identity satisfies every equation in which it is allowed: as a value, a key, a signature, a proof or a balance.

So do points of small order: Baby Jubjub has seven besides the identity, and a signature equation with the cofactor
would not distinguish them.
"""

from dataclasses import replace

import pytest

from circuits import generators
from settlement import engine
from settlement.bundles import balance, digests, encoding
from settlement.bundles.bundle import Bundle
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind, change, make
from zk import signature
from zk.curves import babyjubjub
from zk.curves.babyjubjub import IDENTITY, ORDER
from zk.errors import FormatError, InvalidProof
from zk.fields.prime import R
from zk.groth16 import keys
from zk.signature import Signature

ORDER_TWO = (0, R - 1)
SMALL = (IDENTITY, ORDER_TWO)


@pytest.fixture
def ledger(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", samples.pool(), NOW_MS) as opened:
        yield opened


def refusal(ledger: Ledger, settled: Bundle) -> Rejection:
    with pytest.raises(Rejected) as refused:
        engine.submit(ledger, encoding.encode_bundle(settled), NOW_MS, any_proof)
    return refused.value.rejection


@pytest.mark.parametrize("point", SMALL)
@pytest.mark.parametrize("name", ["value", "rk"])
def test_no_leg_has_a_value_or_a_key_of_small_order(ledger, name, point):
    """Under the identity as a key anybody can sign any message: R = s·B8."""
    one = make(ledger, **{f"{name}_x": point[0], f"{name}_y": point[1]})
    anybodys = Signature(babyjubjub.multiply(7, babyjubjub.BASE8), 7)
    forged = replace(one, leg=replace(one.leg, signature=anybodys))
    assert refusal(ledger, bind(ledger.ledger_id, forged)) is Rejection.MALFORMED


def test_a_signature_under_the_identity_as_key_does_not_verify_even_without_decoding():
    with pytest.raises(InvalidProof):
        signature.verify(IDENTITY, 5, Signature(babyjubjub.multiply(7, babyjubjub.BASE8), 7))


@pytest.mark.parametrize("point", SMALL)
def test_no_signature_starts_with_a_point_of_small_order(ledger, point):
    one = make(ledger)
    moved = Signature(point, one.leg.signature.s)
    forged = replace(one, leg=replace(one.leg, signature=moved))
    assert refusal(ledger, bind(ledger.ledger_id, forged)) is Rejection.MALFORMED
    bound = bind(ledger.ledger_id, one)
    assert refusal(ledger, replace(bound, binding=Signature(point, bound.binding.s))) is Rejection.MALFORMED


def test_a_bundle_whose_blindings_cancel_cannot_be_signed_by_anybody(ledger):
    """If the values of two parties could add up to the identity, anybody could rearrange their bundle."""
    one, other = make(ledger), make(ledger)
    minus = babyjubjub.negate((one.leg.public.value_x, one.leg.public.value_y))
    public = replace(other.leg.public, value_x=minus[0], value_y=minus[1])
    mirrored = samples.sign(ledger.ledger_id, replace(other.leg, public=public))
    unsigned = Bundle(ledger.ledger_id, (one.leg, mirrored), (), (), samples.UNSIGNED, ())
    assert balance.point(unsigned) == IDENTITY
    anybodys = Signature(babyjubjub.multiply(7, generators.blinding()), 7)
    assert refusal(ledger, replace(unsigned, binding=anybodys)) is Rejection.UNBALANCED


def test_a_binding_signature_with_another_base_does_not_bind(ledger):
    """A party that knows k with balance k·B8 can sign with base B8; base H shows that only blinding is left."""
    point = babyjubjub.multiply(5, babyjubjub.BASE8)
    one = make(ledger, value_x=point[0], value_y=point[1])
    unsigned = Bundle(ledger.ledger_id, (one.leg,), (), (), samples.UNSIGNED, ())
    binding = signature.sign(5, digests.bundle_message(unsigned))
    assert refusal(ledger, replace(unsigned, binding=binding)) is Rejection.UNBALANCED


@pytest.mark.parametrize("start, end", [(0, 64), (64, 192), (192, 256)])
def test_no_proof_contains_the_identity(start, end):
    data = bytearray(keys.encode_proof(samples.PROOF))
    data[start:end] = bytes(end - start)
    with pytest.raises(FormatError, match="identity"):
        keys.decode_proof(bytes(data))


def test_no_value_base_is_a_small_multiple_of_another(ledger):
    bases = (*generators.assets(), generators.blinding(), babyjubjub.BASE8)
    assert len(set(bases)) == len(bases) == 18
    assert all(babyjubjub.is_in_subgroup(base) and base != IDENTITY for base in bases)
    for k in (*range(-20, 1), *range(2, 21)):
        assert not {babyjubjub.multiply(k, base) for base in bases} & set(bases)


def test_a_flow_cannot_have_the_size_of_the_group_order(ledger):
    """Amounts have 64 bits, so a flow cannot be a multiple of l, which would be paid for by nothing."""
    with pytest.raises(OverflowError):
        encoding.encode_bundle(bind(ledger.ledger_id, make(ledger, change(), [samples.flow(0, ORDER, b"")])))
