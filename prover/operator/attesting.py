"""What a custodian signs, and what it has signed: requests to pay in or out, and the settled payments of its assets.

A request is a finished bundle that lacks the custodian's signature.  It is signed only when it would settle at once: a
signature on a bundle that cannot settle may wait for a day on which it can.
"""

from dataclasses import dataclass

from settlement import custody, engine
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import Account as Place
from settlement.bundles.bundle import Bundle, Flow
from settlement.checks import checks
from settlement.checks.checks import VerifyProofs
from settlement.ledger import Ledger
from settlement.pool.assets import Asset
from settlement.pool.pool import Pool
from settlement.storage.rows import SettledFlow
from zk import signature
from zk.errors import Unsatisfied


@dataclass(frozen=True)
class Payment:
    """A payment in or out that a request asks for.

    `is_own` says that this custodian must sign it, `is_signed` that its custodian's signature is there and verifies.
    After `expiry_ms` it is void.
    """

    flow: Flow
    expiry_ms: int
    is_own: bool
    is_signed: bool


@dataclass(frozen=True)
class Request:
    """A bundle that would settle if its custodians signed it, and all its payments."""

    bundle: Bundle
    payments: tuple[Payment, ...]

    @property
    def is_complete(self) -> bool:
        """Whether nobody else has to sign it: once this custodian has, it settles."""
        return all(payment.is_own or payment.is_signed for payment in self.payments)


@dataclass(frozen=True)
class Account:
    """One asset: what its custodian holds for the ledger, and what it attested, in smallest units."""

    asset: Asset
    reserve: int
    paid_in: int
    paid_out: int


def examine(
    ledger: Ledger, data: bytes, secret: int, now_ms: int, verify_proofs: VerifyProofs = checks.verify_proofs
) -> Request:
    """The request in these bytes.

    Raises Rejected when it would not settle now even when it is signed, Unsatisfied when it has settled already, or
    this custodian has nothing to sign in it.
    """
    height = ledger.reader.bundle_height(digests.bundle_id(checks.decode_bundle(data)))
    if height is not None:
        raise Unsatisfied(f"the request settled at height {height} already, so there is nothing to sign")
    bundle = engine.check_request(ledger, data, now_ms, verify_proofs)
    own, parameters = signature.public(secret), ledger.parameters(now_ms)
    payments = []
    for number, index, attestation in custody.attested(bundle):
        leg = bundle.legs[number]
        flow = leg.flows[index]
        key = custody.attester(ledger.pool, parameters, flow)
        if key is None:  # of a public account, and nobody has to sign it
            continue
        is_own = flow.account is Place.OUTSIDE and key == own
        is_signed = custody.is_attested(ledger.pool, parameters, bundle, number, index, attestation)
        payments.append(Payment(flow, leg.expiry_ms, is_own, is_signed))
    if not payments:
        raise Unsatisfied("the request pays nothing in or out, so no custodian has to sign it")
    if not any(payment.is_own for payment in payments):
        symbols = dict.fromkeys(ledger.pool.assets[payment.flow.asset].symbol for payment in payments)
        raise Unsatisfied(f"the key on this machine is not the custodian's of {', '.join(symbols)}")
    return Request(bundle, tuple(payments))


def sign(pool: Pool, request: Request, secret: int) -> bytes:
    """The request's bundle with this custodian's signature on each of its payments."""
    return encoding.encode_bundle(custody.attest(pool, request.bundle, secret))


def settled(ledger: Ledger, secret: int) -> list[SettledFlow]:
    """Every settled payment of this custodian's assets, in order.  What is paid out is owed outside from then on."""
    own = signature.public(secret)
    outside = (row for row in ledger.reader.flows() if row.flow.account is Place.OUTSIDE)
    return [row for row in outside if ledger.pool.assets[row.flow.asset].custodian == own]


def accounts(ledger: Ledger, secret: int) -> list[Account]:
    """The account of each asset whose custodian this is."""
    own, rows, reserves = signature.public(secret), settled(ledger, secret), ledger.reader.reserves()
    found = []
    for index, asset in enumerate(ledger.pool.assets):
        if asset.custodian == own:
            amounts = [row.flow.amount for row in rows if row.flow.asset == index]
            reserve = sum(amount for (_, of), amount in reserves.items() if of == index)
            paid_in, paid_out = sum(a for a in amounts if a > 0), -sum(a for a in amounts if a < 0)
            found.append(Account(asset, reserve, paid_in, paid_out))
    return found
