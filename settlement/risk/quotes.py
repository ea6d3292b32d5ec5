"""Oracles' signed quotes, and their bytes.

    quote    = oracle 1 │ asset 1 │ price 8 │ volatility 4 │ time 8 │ epoch 8 │ signature 96      big-endian
    evidence = "zkQ2" │ n × quote, ordered by asset and oracle

The evidence of a publication is its quotes, so that anybody with the ledger's database can verify every signature again
and compute the same prices and grids.  An oracle signs all fields but its own number, which follows from its key.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from circuits import records
from settlement.bundles import digests
from settlement.bundles.bundle import MAX_EPOCH
from settlement.ids import LedgerId
from settlement.pool import poolfile
from settlement.pool.parameters import MAX_ORACLES, MAX_VOLATILITY_BPS, Parameters
from settlement.pool.pool import Pool
from settlement.rejection import Rejected, Rejection
from settlement.risk import market
from settlement.risk.market import Observation
from zk import signature
from zk.errors import FormatError
from zk.signature import Signature

MAX_QUOTES = MAX_ORACLES * records.ASSETS
MAX_PRICE = 2**63 - 1
MAX_TIME_MS = 2**63 - 1

MAGIC = b"zkQ2"
_HEAD = struct.Struct(">BBQIQQ")
QUOTE_BYTES = _HEAD.size + signature.ENCODED_BYTES
MAX_EVIDENCE_BYTES = len(MAGIC) + MAX_QUOTES * QUOTE_BYTES


@dataclass(frozen=True)
class Quote:
    """One oracle's price of one asset, in the unit of settlement.risk.risk; an option's quote has the price 0.

    `oracle` is an index into the keys of the pool's parameters.  `volatility_bps` is over a day for a factor and over a
    year for an option; elsewhere it is 0.
    """

    oracle: int
    asset: int
    price: int
    volatility_bps: int
    time_ms: int
    epoch: int
    signature: Signature


def message(ledger_id: LedgerId, quote: Quote) -> int:
    """The message that an oracle signs: all of its quote but the number of its key, for one ledger."""
    body = _HEAD.pack(0, quote.asset, quote.price, quote.volatility_bps, quote.time_ms, quote.epoch)
    return digests.quote_message(ledger_id, body)


def sign(
    pool: Pool, parameters: Parameters, secret: int,
    *, asset: int, price: int, volatility_bps: int, time_ms: int, epoch: int,
) -> Quote:  # fmt: skip
    """A quote under the registered key of this secret.

    Raises Rejected when the pool has no such oracle, and FormatError when a number is out of range.
    """
    key = signature.public(secret)
    if key not in parameters.oracle_keys:
        raise Rejected(Rejection.UNKNOWN_ORACLE, "the secret does not belong to a registered key")
    place = parameters.oracle_keys.index(key)
    quote = Quote(place, asset, price, volatility_bps, time_ms, epoch, Signature((0, 1), 0))
    check_ranges(quote)
    return Quote(
        place, asset, price, volatility_bps, time_ms, epoch,
        signature.sign(secret, message(poolfile.ledger_id(pool), quote)),
    )  # fmt: skip


def sign_all(
    pool: Pool, parameters: Parameters, rates: Mapping[int, int], secrets: Sequence[int], observed: Observation,
    time_ms: int, epoch: int,
) -> list[Quote]:  # fmt: skip
    """A quote under every secret for every slot that is quoted (settlement.risk.market), all of the same observation.

    Raises as `sign` does.
    """
    return [
        sign(
            pool, parameters, secret, asset=slot, price=observed.prices[slot],
            volatility_bps=observed.volatilities[slot], time_ms=time_ms, epoch=epoch,
        )
        for secret in secrets
        for slot in market.quoted(pool, rates)
    ]  # fmt: skip


def encode(quotes: Sequence[Quote]) -> bytes:
    """The evidence of a publication: its quotes ordered by asset and oracle."""
    parts = (
        _HEAD.pack(quote.oracle, quote.asset, quote.price, quote.volatility_bps, quote.time_ms, quote.epoch)
        + signature.encode(quote.signature)
        for quote in sorted(quotes, key=lambda quote: (quote.asset, quote.oracle))
    )
    return MAGIC + b"".join(parts)


def decode(data: bytes) -> tuple[Quote, ...]:
    """The quotes in these bytes.  Raises FormatError for their size, their order, or a number out of range."""
    if len(data) > MAX_EVIDENCE_BYTES:
        raise FormatError(f"the quotes have {len(data)} bytes, more than {MAX_EVIDENCE_BYTES}")
    if not data.startswith(MAGIC) or (len(data) - len(MAGIC)) % QUOTE_BYTES:
        raise FormatError(f"the quotes are not {MAGIC.decode()} followed by whole quotes of {QUOTE_BYTES} bytes")
    quotes = []
    for start in range(len(MAGIC), len(data), QUOTE_BYTES):
        oracle, asset, price, volatility_bps, time_ms, epoch = _HEAD.unpack_from(data, start)
        quote_signature = signature.decode(data[start + _HEAD.size : start + QUOTE_BYTES], "a quote's signature")
        quotes.append(Quote(oracle, asset, price, volatility_bps, time_ms, epoch, quote_signature))
        check_ranges(quotes[-1])
    if encode(quotes) != data:
        raise FormatError("the quotes are not ordered by asset and oracle")
    return tuple(quotes)


def check_ranges(quote: Quote) -> None:
    """Raises FormatError, naming the number, when one of a quote's is out of range."""
    for value, least, most, what in (
        (quote.oracle, 0, MAX_ORACLES - 1, "oracle"),
        (quote.asset, 0, records.ASSETS - 1, "asset"),
        (quote.price, 0, MAX_PRICE, "price"),
        (quote.volatility_bps, 0, MAX_VOLATILITY_BPS, "volatility"),
        (quote.time_ms, 0, MAX_TIME_MS, "time"),
        (quote.epoch, 1, MAX_EPOCH, "epoch"),
    ):
        if not least <= value <= most:
            raise FormatError(f"a quote's {what} is {value}, not between {least} and {most}")
