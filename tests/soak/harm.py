"""What hostile clients send (tests.soak.hostileclients), made beforehand: files of bodies that have one length each."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from circuits import generators
from circuits.records import Root
from prover.bench import swaps
from prover.bench.simulated import SimulatedPool
from prover.machine import clock
from prover.network.wire import postings
from settlement.bundles import digests, encoding
from settlement.orders.board import Posting
from settlement.pool import poolfile
from zk import signature
from zk.curves.babyjubjub import BASE8
from zk.fields.prime import R

LENGTH_BYTES = 4
BUNDLES = 50  # of each kind of false ones
_HEAD_BYTES = 4 + 32 + 3 + 2  # of a bundle, before its first leg (settlement.bundles.encoding)
_VALUE = _HEAD_BYTES + 4 + 4 + 32 + 3 * 32
_POINT_BYTES = 64
_SIGNATURE_BYTES = 96


def write(folder: Path, made: SimulatedPool, root: Root, settled: Sequence[bytes], orders: int) -> None:
    """Writes the files; `settled` are bundles that the ledger has, and of `orders` each has an account of its own."""
    false(folder, swaps.plain(made, root, BUNDLES, clock.now_ms()))
    keep(folder / "replays", settled)
    keep(folder / "orders", _orders(made, root, orders))


def false(folder: Path, bundles: Sequence[bytes]) -> None:
    """Writes the files of bundles of which something is false; these are good, and each has the same length."""
    leg = bundles[0][_HEAD_BYTES : _HEAD_BYTES + int.from_bytes(bundles[0][_HEAD_BYTES - 2 : _HEAD_BYTES], "big")]
    proof = _HEAD_BYTES + len(leg) - _SIGNATURE_BYTES - 1 - 256
    other = bundles[0][proof : proof + _POINT_BYTES]
    keep(folder / "subgroup", [_outside(one) for one in bundles])
    keep(folder / "signatures", [_flipped(one, _HEAD_BYTES + len(leg) - 1) for one in bundles])
    keep(folder / "proofs", [one[:proof] + other + one[proof + _POINT_BYTES :] for one in bundles[1:]])


def keep(path: Path, bodies: Sequence[bytes]) -> None:
    """Writes one file."""
    path.write_bytes(len(bodies[0]).to_bytes(LENGTH_BYTES, "big") + b"".join(bodies))


def _outside(bundle: bytes) -> bytes:
    """The bundle with a value (-x, -y), the sum of (x, y) and the point of order 2: on the curve, in no subgroup."""
    x, y = (int.from_bytes(bundle[start : start + 32], "big") for start in (_VALUE, _VALUE + 32))
    point = (R - x).to_bytes(32, "big") + (R - y).to_bytes(32, "big")
    return bundle[:_VALUE] + point + bundle[_VALUE + _POINT_BYTES :]


def _flipped(bundle: bytes, place: int) -> bytes:
    return bundle[:place] + bytes([bundle[place] ^ 1]) + bundle[place + 1 :]


def _orders(made: SimulatedPool, root: Root, count: int) -> list[bytes]:
    """Postings that the board takes."""
    ledger_id, now_ms = poolfile.ledger_id(made.pool), clock.now_ms()
    keys, blindings = (swaps._multiples(base, count) for base in (BASE8, generators.blinding()))
    points = [point for _, point in keys], [point for _, point in blindings]
    legs = swaps._legs(made, root, now_ms, *points, [0] * count)
    signed = swaps._signatures(keys, [digests.leg_message(ledger_id, leg) for leg in legs], BASE8)
    legs = [replace(leg, signature=one) for leg, one in zip(legs, signed, strict=True)]
    messages = [digests.posting_message(digests.leg_id(ledger_id, leg), (), b"", now_ms) for leg in legs]
    beside = map(signature.encode, swaps._signatures(keys, messages, BASE8))
    return [
        postings.encode(Posting(encoding.encode_leg(leg), (), b"", now_ms, one))
        for leg, one in zip(legs, beside, strict=True)
    ]
