"""Orders whose proofs are simulated and verify like any other: a leg, an escrow and a margin for each."""

from dataclasses import replace

from circuits import generators
from prover.bench import swaps
from prover.network.wire import postings
from settlement.bundles import digests, encoding
from settlement.orders.posting import Posting
from settlement.pool import poolfile
from zk import signature
from zk.curves.babyjubjub import BASE8


def make(made, ledger, count, now_ms, lie=lambda number, leg: leg):
    """The postings of so many accounts; `lie` may change a leg before it is signed."""
    ledger_id, newest = poolfile.ledger_id(made.pool), ledger.reader.grids(1)[0].publication
    keys, blindings = (swaps._multiples(base, count) for base in (BASE8, generators.blinding()))
    points = [point for _, point in keys], [point for _, point in blindings]
    legs = swaps._on_margin(made, swaps._legs(made, ledger.reader.tree().root, now_ms, *points, [1] * count), newest)
    legs = [lie(number, leg) for number, leg in enumerate(legs)]
    signed = swaps._signatures(keys, [digests.leg_message(ledger_id, leg) for leg in legs], BASE8)
    legs = [replace(leg, signature=one) for leg, one in zip(legs, signed, strict=True)]
    messages = [digests.posting_message(digests.leg_id(ledger_id, leg), (), b"", now_ms) for leg in legs]
    beside = map(signature.encode, swaps._signatures(keys, messages, BASE8))
    return [
        Posting(encoding.encode_leg(leg), (), b"", now_ms, one) for leg, one in zip(legs, beside, strict=True)
    ]  # fmt: skip


def as_bytes(made):
    """The postings as they go over carriers."""
    return [postings.encode(one) for one in made]
