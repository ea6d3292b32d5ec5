"""Conversions: an expired claim turns into the loan claim at a constant rate, and the amount stays hidden.

    conversion    C = q·K + s·H,   K = G_claim − p·G_loan,   with a proof of knowledge of (q, s)
    in a bundle   Σ values − Σ flows·G − Σ C  is a multiple of H

q smallest units of the claim enter the accounts and p·q of the loan claim (dUSDC) leave them.  Where q is negative, the
claim leaves: who is long converts with q < 0 to be owed dollars, who is short with q > 0 to owe them.  p, the claim's
rate, is an integer that is published once, when the claim expires, and never changes.

Why no unit is created.  The proof and the binding signature together show a representation of the identity in the
bases G_0 … G_15, H, of which nobody knows a relation; so for every asset the coefficients add up to 0 modulo l, where
l > 2^250.  That they add up to 0 as integers takes three more facts:

    1  a change of a leg or seizure is at most 2^64 in absolute value, because leg and seize prove its bits, and a flow
       below 2^63; a bundle has at most 48 and 64 of them (settlement.bundles.bundle), so together they are below 2^71;
    2  each K contains one claim that is in no other K, and with coefficient 1.  So the sum of the q of one claim is
       equal modulo l to the sum of the changes of that claim, an integer below 2^71 in absolute value;
    3  p < 2^64, and the loan claim is no claim that converts.  So in the loan claim, with at most seven others,
       |Σ changes − Σ flows + Σ p·q| < 2^71 + 7·2^64·2^71 < 2^138.

A number below l in absolute value that is 0 modulo l is 0.  Each fact is needed: with a coefficient of 2 the q that
belongs to an odd change is a number like 1/2 modulo l; with two rates p, p' for one claim, q at the one and −q at the
other leave q·(p' − p) of the loan claim for nothing; with a rate like 1/2 modulo l two claims would buy one unit that
nobody owes.  `check_rate` enforces them when a rate is published, and `check` when a bundle settles.

A rate must be constant.  If it moved with a price, whoever sees the next price first would have a free option on it.
And no held asset is ever in K: longs could take dollars out before the shorts, who may default, have paid them in, and
who holds dollars would pay for it.  Loan claims turn into dollars by trade or in the pot (settlement.checks.pot).
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from circuits import generators, records
from settlement.bundles.bundle import Conversion, ConversionProof
from settlement.ids import LedgerId
from settlement.rejection import Rejected, Rejection
from zk import domains, entropy, framing, representation
from zk.curves import babyjubjub
from zk.curves.babyjubjub import ORDER, Point
from zk.errors import InvalidProof

RATE_BITS = 64

Rates = Mapping[int, int]
"""The rate p of each claim that converts: smallest units of the loan claim for one of the claim."""


def check_rate(claim: int, rate: int, loan: int, rates: Rates) -> None:
    """Checks a rate before it is published, beside those in force.

    Raises Rejected unless a claim other than the loan claim gets its first rate, below 2^64.
    """
    if not records.HELD <= claim < records.ASSETS:
        raise Rejected(Rejection.CONVERSION, f"asset {claim} is held, and only claims convert")
    if claim == loan:
        raise Rejected(Rejection.CONVERSION, "the loan claim is what other claims convert into")
    if claim in rates:
        raise Rejected(Rejection.CONVERSION, f"claim {claim} has its rate already, and a rate never changes")
    if not 0 <= rate < 1 << RATE_BITS:
        raise Rejected(Rejection.CONVERSION, f"the rate of claim {claim} does not have {RATE_BITS} bits")


def prove(
    quantity: int, claim: int, rates: Rates, loan: int, ledger_id: LedgerId, leg_ids: Sequence[bytes]
) -> tuple[Conversion, int]:
    """A conversion of `quantity` smallest units of a claim into the accounts (out of them when it is negative), and its
    blinding s, for the bundle with these legs.  Where their blindings add up to b, its binding is signed with b − s.

    Raises KeyError when the claim has no rate.
    """
    blinding = entropy.scalar(ORDER)
    bases = base(claim, rates[claim], loan), generators.blinding()
    secrets = quantity, blinding
    point = representation.point(secrets, bases)
    context = _context(ledger_id, claim, rates[claim], loan, leg_ids)
    proof = representation.prove(secrets, bases, context)
    return Conversion(claim, point, ConversionProof(proof.r, *proof.responses)), blinding


def check(
    conversions: Sequence[Conversion], rates: Rates, loan: int, ledger_id: LedgerId, leg_ids: Sequence[bytes]
) -> None:
    """Checks the conversions of a bundle; `leg_ids` are the ids of its legs, then of its seizures, in order.

    Raises Rejected, naming the conversion, when its claim has no rate, or its proof is not for this bundle.
    """
    for number, conversion in enumerate(conversions):
        rate = rates.get(conversion.claim)
        if rate is None:
            detail = f"conversion {number} is of asset {conversion.claim}, which has no rate to convert at"
            raise Rejected(Rejection.CONVERSION, detail)
        context = _context(ledger_id, conversion.claim, rate, loan, leg_ids)
        bases = base(conversion.claim, rate, loan), generators.blinding()
        proof = representation.Proof(conversion.proof.r, (conversion.proof.z_amount, conversion.proof.z_blinding))
        try:
            representation.verify(conversion.point, bases, context, proof)
        except InvalidProof as error:
            raise Rejected(Rejection.CONVERSION, f"conversion {number}: {error}") from None


def total(conversions: Iterable[Conversion]) -> Point:
    """Σ C, which the binding signature's key has subtracted."""
    result = babyjubjub.IDENTITY
    for conversion in conversions:
        result = babyjubjub.add(result, conversion.point)
    return result


@lru_cache(maxsize=records.ASSETS)
def base(claim: int, rate: int, loan: int) -> Point:
    """K = G_claim − p·G_loan."""
    assets = generators.assets()
    return babyjubjub.add(assets[claim], babyjubjub.multiply(-rate, assets[loan]))


def _context(ledger_id: LedgerId, claim: int, rate: int, loan: int, leg_ids: Sequence[bytes]) -> bytes:
    """What a conversion's proof is bound to besides C and K."""
    terms = bytes([claim, loan]) + rate.to_bytes(RATE_BITS // 8, "big")
    return framing.framed(domains.CONVERSION, ledger_id, terms, *leg_ids)
