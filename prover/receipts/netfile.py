"""A net receipt as a file: what chosen legs changed together, per asset, and of no single leg what it changed.

    {"format": "zksettle-net-receipt", "version": 1,
     "pool", "changes", "successions", "newest":    as in a receipt (prover.receipts.provenance)
     "purpose":   for whom and for what, a line of text
     "bundles":   [{"data": …, "receipt": …, "legs": [{"leg": 1, "signature": …}, …]}, …]      by height
     "net":       the sum of the changes, by asset
     "blinding":  the sum of the blindings, mod l}

    Σ value_j = Σ_i net_i·G_i + (Σ blinding_j)·H
    signature_j: under rk_j, of purpose, legs, net and blinding

Each leg is in the log, by one checkpoint.  The sum has one opening only, so no leg can be hidden in it or added to it.
Whoever could spend the account that a leg started from has signed this very receipt for it: without that, everybody
who could read an order's terms, and so knows its blinding, could count its maker's leg among his own.

What it does not show.  That these are all legs of anybody: what is left out is not missed.  That they are of one owner:
rk hides the account, so people who work together can put their legs together.

What it hides.  Two or more blindings are random to whoever does not have the phrase, and so is each of them given their
sum.  But who knows what all legs but one changed learns the last: the other side of a trade may, deposits and
withdrawals are public, and of two net receipts that differ by one leg the difference is that leg.  The sum of one leg
is that leg.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from circuits import generators, records
from prover.network.wire import receipts
from prover.network.wire.receipts import Receipt
from prover.receipts import openings, provenance
from prover.receipts.openings import Changes
from prover.receipts.ownlegs import OwnLeg
from prover.receipts.provenance import Provenance, Settled, Signers
from prover.trader.terms import CHANGE_LIMIT
from settlement.bundles import digests
from settlement.bundles.bundle import MAX_LEGS, Account, Leg
from settlement.ids import BundleId, LedgerId
from settlement.ledger import Ledger
from settlement.pool import fingerprint, poolfile
from settlement.pool.pool import Pool
from zk import domains, framing, signature
from zk.curves import babyjubjub
from zk.errors import FormatError, InvalidProof
from zk.fields import prime
from zk.formats import dataclassjson, strictjson

FORMAT: Final = "zksettle-net-receipt"
VERSION: Final = 1
MAX_BUNDLES = 1024
MAX_BYTES = 64 << 20
MAX_PURPOSE = 200
_WHAT = "the net receipt"
_NET_LIMIT = CHANGE_LIMIT * MAX_BUNDLES * MAX_LEGS
_NET_BYTES = 16

_net = dataclassjson.decimal(1 - _NET_LIMIT, _NET_LIMIT)


@dataclass(frozen=True)
class SignedLeg:
    """A leg of a bundle, by its number, and the signature of its owner."""

    leg: Annotated[int, dataclassjson.integer(0, MAX_LEGS - 1)]
    signature: Annotated[bytes, dataclassjson.hexadecimal(signature.ENCODED_BYTES)]


@dataclass(frozen=True)
class Entry:
    """A bundle, and those of its legs that are in the sum."""

    data: Annotated[bytes, dataclassjson.hexadecimal()]
    receipt: Receipt
    legs: Annotated[tuple[SignedLeg, ...], dataclassjson.array(dataclassjson.of(SignedLeg), 1, MAX_LEGS)]


@dataclass(frozen=True)
class NetFile(Provenance):
    """What the file says.  Nothing of it is checked."""

    format: Literal["zksettle-net-receipt"]
    version: Literal[1]
    purpose: str
    bundles: Annotated[tuple[Entry, ...], dataclassjson.array(dataclassjson.of(Entry), 1, MAX_BUNDLES)]
    net: Annotated[Changes, dataclassjson.array(_net, records.ASSETS, records.ASSETS)]
    blinding: Annotated[int, dataclassjson.decimal(0, babyjubjub.ORDER)]


@dataclass(frozen=True)
class Chosen:
    """A settled bundle, and the own legs of it that are to be in the sum."""

    bundle_id: BundleId
    legs: Sequence[OwnLeg]


@dataclass(frozen=True)
class VerifiedNet:
    """What a net receipt shows: the sum of the legs, (height, leg) each, from one time in ms to another.

    `num_private` counts the legs that nothing flowed into from outside, or out of: their changes are not public.
    """

    pool: Pool
    purpose: str
    net: Changes
    legs: tuple[tuple[int, int], ...]
    first_ms: int
    last_ms: int
    signers: Signers
    num_private: int

    @property
    def shows_one_leg(self) -> bool:
        """Whether what one leg changed follows from the sum and from what is public anyway."""
        return len(self.legs) == 1 or self.num_private == 1


def check_purpose(text: str) -> None:
    """Raises FormatError unless the purpose is one printable line of at most MAX_PURPOSE characters."""
    if not text or text != text.strip() or not text.isprintable() or len(text) > MAX_PURPOSE:
        raise FormatError(f"the purpose must be one line of at most {MAX_PURPOSE} printable characters")


def make(ledger: Ledger, chosen: Sequence[Chosen], purpose: str, signed: str) -> bytes:
    """The net receipt of these legs, against a signed checkpoint that has all of them.

    Raises FormatError for too many bundles, none, or a bad purpose, and InvalidProof when the checkpoint is not of this
    ledger's history, or ends before one of the bundles.
    """
    check_purpose(purpose)
    if not 0 < len(chosen) <= MAX_BUNDLES:
        raise FormatError(f"a net receipt is of 1 to {MAX_BUNDLES} bundles, and these are {len(chosen)}")
    named = provenance.named(ledger, signed)
    placed = []
    for each in chosen:
        receipt = receipts.make_at(ledger, each.bundle_id, named, lambda _: signed)
        stored = None if receipt is None else ledger.reader.bundle(receipt.height)
        if receipt is None or stored is None:
            raise InvalidProof("the checkpoint ends before one of the bundles")
        placed.append((receipt, stored[1], each))
    placed.sort(key=lambda one: one[0].height)
    opened = [leg.opening for _, _, each in placed for leg in each.legs]
    net = openings.total([each.changes for each in opened])
    blinding = sum(each.blinding for each in opened) % babyjubjub.ORDER
    legs = [(each.bundle_id, leg.opening.leg) for _, _, each in placed for leg in each.legs]
    message = _message(ledger.ledger_id, purpose, legs, net, blinding)
    entries = tuple(
        Entry(data, receipt, tuple(_signed(leg, message) for leg in each.legs)) for receipt, data, each in placed
    )
    of = provenance.of(ledger, named)
    file = NetFile(of.pool, of.changes, of.successions, of.newest, FORMAT, VERSION, purpose, entries, net, blinding)
    return json.dumps(dataclassjson.write(file), indent=1).encode() + b"\n"


def verify(data: bytes, expected: str) -> VerifiedNet:
    """What the file shows, of the pool with this fingerprint.

    Raises FormatError when it is malformed, and InvalidProof when it is of another pool, when a leg is not in the log
    or its owner has not signed, and when the sum is another.
    """
    fingerprint.check_form(expected)
    file = dataclassjson.read(NetFile, strictjson.loads(data, _WHAT, MAX_BYTES), _WHAT)
    check_purpose(file.purpose)
    authority = provenance.check(file, expected)
    found = [provenance.settled(authority, each.data, each.receipt) for each in file.bundles]
    heights = [each.event.height for each in found]
    if heights != sorted(set(heights)):
        raise FormatError("the bundles of the net receipt are not in the order of their heights")
    if len({each.signed for each in found}) > 1:
        raise InvalidProof("the bundles of the net receipt are shown by different checkpoints")
    legs = [_legs(entry, each) for entry, each in zip(file.bundles, found, strict=True)]
    named = [(entry.receipt.bundle, one.leg) for entry in file.bundles for one in entry.legs]
    message = _message(poolfile.ledger_id(authority.pool), file.purpose, named, file.net, file.blinding)
    total = babyjubjub.IDENTITY
    for (_, number), (leg, one) in zip(named, (pair for each in legs for pair in each), strict=True):
        total = babyjubjub.add(total, (leg.public.value_x, leg.public.value_y))
        try:
            signature.verify((leg.public.rk_x, leg.public.rk_y), message, one)
        except InvalidProof:
            raise InvalidProof(f"the owner of leg {number} has not signed this net receipt") from None
    if generators.commit(file.net, file.blinding) != total:
        raise InvalidProof("the net is not the sum of what the legs changed")
    signers = provenance.signers(authority, found[0], file.newest)
    places = tuple((each.event.height, one.leg) for entry, each in zip(file.bundles, found, strict=True)
                   for one in entry.legs)  # fmt: skip
    first_ms, last_ms = found[0].event.created_ms, found[-1].event.created_ms
    num_private = sum(
        not any(flow.account is Account.OUTSIDE for flow in leg.flows) for each in legs for leg, _ in each
    )
    return VerifiedNet(authority.pool, file.purpose, file.net, places, first_ms, last_ms, signers, num_private)


def is_net(data: bytes) -> bool:
    """Whether the bytes say that they are a net receipt.  Raises FormatError when they are no JSON."""
    document = strictjson.loads(data, "the receipt", MAX_BYTES)
    return isinstance(document, dict) and document.get("format") == FORMAT


def _legs(entry: Entry, found: Settled) -> list[tuple[Leg, signature.Signature]]:
    numbers = [one.leg for one in entry.legs]
    if numbers != sorted(set(numbers)):
        raise FormatError("the legs of the net receipt are not in the order of their numbers")
    if numbers[-1] >= len(found.bundle.legs):
        raise FormatError(f"the bundle has {len(found.bundle.legs)} legs, and the net receipt names leg {numbers[-1]}")
    return [(found.bundle.legs[one.leg], signature.decode(one.signature, "an owner's signature")) for one in entry.legs]


def _signed(leg: OwnLeg, message: int) -> SignedLeg:
    return SignedLeg(leg.opening.leg, signature.encode(signature.sign(leg.spending, message)))


def _message(
    ledger_id: LedgerId, purpose: str, legs: Sequence[tuple[bytes, int]], net: Changes, blinding: int
) -> int:
    """What the owners sign: the top 248 bits of a SHA-256, as of everything that is signed (digests)."""
    named = [bundle_id + bytes([number]) for bundle_id, number in legs]
    amounts = [amount.to_bytes(_NET_BYTES, "big", signed=True) for amount in net]
    parts = framing.framed(
        domains.NET_RECEIPT, ledger_id, purpose.encode(), prime.to_bytes(blinding), *amounts, *named
    )
    return int.from_bytes(hashlib.sha256(parts).digest()[: digests.MESSAGE_BYTES], "big")
