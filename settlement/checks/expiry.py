"""Early expiry: when the insurance is silent, the guardians let a claim expire at a price that shares the loss.

    fair = ⌊price of the claim / price of the loan⌋          share = ⌈|deficit| / open interest⌉
    rate = max(0, fair − share) for a deficit of those who are short, fair + share for one of those who are long,
           but no rate above the fair one is worth more than 2^63 / HEADROOM

The deficit, in smallest units of the loan, is what accounts that owe the claim lack (a positive one), or what accounts
that hold it lack (a negative one); the open interest is the sum of all that is owed, in smallest units of the claim.
The guardians alone see both, and sign for them; a false figure shows as a pot that is left over, or empty too early.
No figure can stop the prices: every later epoch publishes the rate times the price of the loan, which must fit in 63
bits however long the loan goes on growing, or there would never be an epoch again.
From then on the claim converts at this constant rate (settlement.bundles.conversion).  Held assets are untouched.

    expiry  = "zkX1" │ claim 1 │ epoch 8 │ deficit 16, signed │ open interest 16 │ rate 8 │ signature 96
    message = the first 31 bytes of SHA-256(tag, ledger id, all but the signature), each after its length

Both divisions are rounded against those who win: a long is paid less than one unit of the loan per claim too little, or
a short as much too little.
"""

import hashlib
from dataclasses import dataclass

from settlement.bundles import conversion
from settlement.bundles.bundle import MAX_AMOUNT, MAX_EPOCH
from settlement.checks import margins
from settlement.checks.state import State
from settlement.fieldreader import FieldReader
from settlement.ids import LedgerId
from settlement.pool import assets
from settlement.rejection import Rejected, Rejection
from settlement.risk import market
from zk import domains, framing, signature
from zk.errors import FormatError, InvalidProof
from zk.signature import Signature

MAGIC = b"zkX1"
MAX_RATE = MAX_AMOUNT
HEADROOM = 2**10
"""By how much the price of the loan may still grow."""
_WIDE = 16
_BODY_BYTES = len(MAGIC) + 1 + 8 + 2 * _WIDE + 8
EXPIRY_BYTES = _BODY_BYTES + signature.ENCODED_BYTES
_MESSAGE_BYTES = 31


@dataclass(frozen=True)
class Expiry:
    """A claim that expires early, and the guardians' figures at the prices of an epoch."""

    claim: int
    epoch: int
    deficit: int
    open_interest: int
    rate: int
    signature: Signature


def encode(expiry: Expiry) -> bytes:
    """An expiry's canonical bytes."""
    return _body(expiry) + signature.encode(expiry.signature)


def decode(data: bytes) -> Expiry:
    """The expiry in these bytes.  Raises FormatError for any other."""
    if len(data) != EXPIRY_BYTES:
        raise FormatError(f"the expiry has {len(data)} bytes instead of {EXPIRY_BYTES}")
    reader = FieldReader(data, "the expiry")
    reader.magic(MAGIC, {})
    claim, epoch = reader.number(1, "claim", most=assets.SLOTS - 1), reader.number(8, "epoch", most=MAX_EPOCH)
    deficit, interest = reader.number(_WIDE, "deficit", signed=True), reader.number(_WIDE, "open interest")
    rate = reader.number(8, "rate", most=MAX_RATE)
    return Expiry(claim, epoch, deficit, interest, rate, reader.signature("signature"))


def message(ledger_id: LedgerId, expiry: Expiry) -> int:
    """The message that the guardians sign.  In [0, r)."""
    digest = hashlib.sha256(framing.framed(domains.EXPIRY, ledger_id, _body(expiry))).digest()
    return int.from_bytes(digest[:_MESSAGE_BYTES], "big")


def rate(price: int, loan_price: int, deficit: int, open_interest: int) -> int:
    """The rate at which a claim of this price expires."""
    fair, share = price // loan_price, -(-abs(deficit) // open_interest)
    most = max(fair, market.MAX_PRICE // (HEADROOM * loan_price))
    return max(0, fair - share) if deficit >= 0 else min(fair + share, most)


def check(state: State, expiry: Expiry, silent_epochs: int, now_ms: int) -> None:
    """Checks an expiry at `now_ms`, after the insurance has been silent for so many epochs.

    Raises Rejected: CONVERSION when the claim cannot get a rate, otherwise EXPIRY.
    """
    parameters, loan = state.parameters(now_ms), assets.loan_slot(state.pool.assets)
    if loan is None or parameters.guardians is None:
        raise Rejected(Rejection.EXPIRY, "the pool has no loan to convert claims into, or no guardians")
    conversion.check_rate(expiry.claim, expiry.rate, loan, state.reader.rates())
    if silent_epochs <= parameters.grace_epochs:
        raise Rejected(Rejection.EXPIRY, f"the insurance has been silent for {margins.epochs(silent_epochs)} only")
    newest = state.reader.grids(1)
    if not newest or expiry.epoch != newest[0].publication.epoch:
        raise Rejected(Rejection.EXPIRY, f"the figures are of epoch {expiry.epoch}, which is not the newest")
    prices = newest[0].publication.prices
    if not expiry.open_interest or not prices[loan] or state.pool.assets[expiry.claim].is_unused:
        raise Rejected(Rejection.EXPIRY, f"nobody holds claim {expiry.claim}")
    expected = rate(prices[expiry.claim], prices[loan], expiry.deficit, expiry.open_interest)
    if expiry.rate != expected:
        raise Rejected(Rejection.EXPIRY, f"the rate is {expiry.rate}, and by these figures it is {expected}")
    try:
        signature.verify(parameters.guardians.signing_key, message(state.ledger_id, expiry), expiry.signature)
    except InvalidProof:
        raise Rejected(Rejection.EXPIRY, "the guardians did not sign these figures") from None


def _body(expiry: Expiry) -> bytes:
    return b"".join([
        MAGIC, bytes([expiry.claim]), expiry.epoch.to_bytes(8, "big"),
        expiry.deficit.to_bytes(_WIDE, "big", signed=True), expiry.open_interest.to_bytes(_WIDE, "big"),
        expiry.rate.to_bytes(8, "big"),
    ])  # fmt: skip
