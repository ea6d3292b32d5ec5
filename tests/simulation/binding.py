"""Bundles of finished legs, seizures and conversions: bound, and attested by custodians and guardians."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from circuits import generators
from settlement.bundles import conversion, digests
from settlement.bundles.bundle import Account, Bundle, flows
from settlement.ledger import Ledger
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import UNSIGNED
from tests.simulation import secrets
from tests.simulation.guardians import Seized
from tests.simulation.traders import Made
from zk import signature
from zk.curves import babyjubjub

LOAN = 8


@dataclass(frozen=True)
class Converted:
    """What a bundle converts: the change of a claim, at the rate that the converter believes in."""

    claim: int
    quantity: int
    rate: int


def bind(
    ledger: Ledger, made: Sequence[Made], seized: Sequence[Seized] = (), converted: Sequence[Converted] = (),
    number: int = 1,
) -> Bundle:  # fmt: skip
    """The bundle, signed with every blinding, by the custodian and by the guardians with this number."""
    unsigned = Bundle(
        ledger.ledger_id, tuple(one.leg for one in made), tuple(one.seizure for one in seized), (), UNSIGNED, ()
    )
    ids = digests.move_ids(unsigned)
    proved = [
        conversion.prove(one.quantity, one.claim, {one.claim: one.rate}, LOAN, ledger.ledger_id, ids)
        for one in converted
    ]
    unsigned = replace(unsigned, conversions=tuple(one for one, _ in proved))
    secret = sum(one.blinding for one in (*made, *seized)) - sum(blinding for _, blinding in proved)
    message = digests.bundle_message(unsigned)
    binding = signature.sign(secret % babyjubjub.ORDER, message, generators.blinding())
    return attest(replace(unsigned, binding=binding), {Account.INSURANCE: secrets.signing(number)})


def attest(bundle: Bundle, under: Mapping[Account, int] | None = None) -> Bundle:
    """The bundle with the signature that each flow and each leg of the insurance needs, under these secrets.

    `under` has the custodian's for OUTSIDE and the guardians' for INSURANCE.
    """
    under = {Account.OUTSIDE: samples.CUSTODIAN_SECRET, Account.INSURANCE: secrets.signing(1)} | dict(under or {})
    signed: list[signature.Signature | None] = []
    for number, index, flow in flows(bundle.legs):
        is_draw = flow.account in (Account.FEE, Account.INSURANCE) and flow.amount > 0
        if flow.account is Account.OUTSIDE or is_draw:
            secret = under[Account.INSURANCE if is_draw else Account.OUTSIDE]
            message = digests.attestation_message(bundle.ledger_id, bundle.legs[number], index)
            signed.append(signature.sign(secret, message))
        else:
            signed.append(None)
    for leg in bundle.legs:
        if leg.is_insurance:
            message = digests.insurance_message(bundle.ledger_id, leg)
            signed.append(signature.sign(under[Account.INSURANCE], message))
    return replace(bundle, attestations=tuple(signed))
