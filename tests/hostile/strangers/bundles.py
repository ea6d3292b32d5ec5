"""Bundles to the ledger, and orders to the board; every field has the name that the decoder gives it.

What is settled must have been checked: every message that passes is settled on a copy, whose audit must pass.  A
stranger who owns the accounts signs again what he changed; then only the notary's claims stand between him and other
people's balances.
"""

from functools import cache
from typing import Any

from settlement import board, digests, encoding, engine
from settlement.ledger import Ledger
from tests.hostile.strangers import fields
from tests.hostile.strangers.fields import Parts
from tests.hostile.strangers.stage import stage
from tests.hostile.strangers.target import Target
from tests.settlement import samples
from tests.simulation import traders
from tests.simulation.test_ledger import change
from zk import entropy
from zk.errors import FormatError

COUNTED = {"number of flows": "amount of flow", "number of ciphertexts": "ciphertext "}
LENGTH_BYTES = 4


def fields_of(decode: Any, data: bytes) -> Parts:
    """The fields of a good message, in order, as its decoder takes them from the bytes."""
    taken: dict[str, list[tuple[str, bytes]]] = {}

    class Tracing(encoding._Reader):
        def take(self, count: int, field: str) -> bytes:
            part = super().take(count, field)
            taken.setdefault(self.what, []).append((field, part))
            return part

    ordinary, encoding._Reader = encoding._Reader, Tracing
    try:
        decode(data)
    finally:
        encoding._Reader = ordinary
    parts: Parts = []
    whole, *_ = taken
    for field, part in taken[whole]:
        inner = field.removeprefix("bytes of ")
        parts += [(f"{inner}: {name}", data) for name, data in taken[inner]] if inner in taken else [(field, part)]
    assert fields.joined(parts) == data, "the decoder reads other fields than the message has"
    return parts


@cache
def good_bundles() -> dict[str, bytes]:
    """A deposit, a withdrawal, a payment and a swap."""
    world = stage().world
    cash = world.holdings[0]
    paid_in = world.draft(traders.nothing(), change((0, 500)), (samples.flow(0, 500, b"bank"),))
    paid_out = world.draft(cash, change((0, -300)), (samples.flow(0, -100, b"bank"), samples.flow(0, -200, b"")))
    given = [world.draft(cash, change((0, -7))), world.draft(traders.nothing(), change((0, 7)))]
    drafts = {"deposit": [paid_in], "withdrawal": [paid_out], "payment": given, "swap": stage().swap()}
    bundles = {name: traders.bind(stage().ledger.ledger_id, stage().make(legs)) for name, legs in drafts.items()}
    return {name: encoding.encode_bundle(bundle) for name, bundle in bundles.items()}


def counted(parts: Parts) -> Parts:
    """The fields with every count and length as it should be."""
    after = list(parts)
    for place, (label, _) in enumerate(parts):
        name = label.rpartition(": ")[2]
        following = parts[place + 1 :]
        if label.startswith("length of leg"):
            ends = (i for i, (other, _) in enumerate(following) if not other.startswith("leg "))
            length = len(fields.joined(following[: next(ends, len(following))]))
            after[place] = label, (length % 2**16).to_bytes(2, "big")
        elif label == "number of legs":
            after[place] = label, bytes([sum(other.startswith("length of leg") for other, _ in parts) % 256])
        elif name in COUNTED:
            same = label.removesuffix(name)
            found = (other for other, _ in parts if other.startswith(same + COUNTED[name]))
            after[place] = label, bytes([sum(1 for _ in found) % 256])
    return after


def mend_bundle(parts: Parts) -> bytes:
    """The bundle with counts, lengths and signatures that fit."""
    data = fields.joined(counted(parts))
    try:
        return encoding.encode_bundle(stage().bound(encoding.decode_bundle(data)))
    except FormatError:
        return data


def use_bundle(data: bytes, mended: bool) -> None:
    """Checks the bundle, and settles it on a copy."""
    world = stage().world
    checked = engine.check(stage().ledger, data, world.now_ms, world.notary.verify)
    assert encoding.encode_bundle(checked.bundle) == data, "the same bundle has two spellings"
    if not mended:
        goods = {digests.bundle_id(encoding.decode_bundle(good)) for good in good_bundles().values()}
        assert checked.bundle_id in goods, "nobody signed this"
    with stage().copy() as path:
        with Ledger.open(path) as ledger:
            before = ledger.reader.reserves()
            receipt = engine.submit(ledger, data, world.now_ms, world.notary.verify)
            after, digest = ledger.reader.reserves(), ledger.reader.last_event().digest
        report = stage().check_sound(path)
    moved = sum(flow.amount for leg in checked.bundle.legs for flow in leg.flows)
    assert sum(after.values()) - sum(before.values()) == moved and report.reserves == after
    assert (report.digest, report.root) == (digest, receipt.root)


BUNDLE = Target(
    "bundle", lambda: {name: fields_of(encoding.decode_bundle, data) for name, data in good_bundles().items()},
    use_bundle, mend=mend_bundle,
)  # fmt: skip


@cache
def board_ledger() -> Ledger:
    """A ledger with an empty board."""
    return Ledger.open(stage().world.path)


def good_order() -> dict[str, Parts]:
    """The order of one side of the swap, with terms for two readers."""
    (made,) = stage().make(stage().swap()[:1])
    leg = fields_of(encoding.decode_leg, encoding.encode_leg(made.leg))
    return {"order": [*leg, *((f"terms {i}", entropy.token(210)) for i in range(2))]}


def joined_order(parts: Parts) -> bytes:
    """The leg after its length, and each sealing after its own."""
    leg = fields.joined([part for part in parts if not part[0].startswith("terms")])
    chunks = [leg, *(data for label, data in parts if label.startswith("terms"))]
    return b"".join(len(chunk).to_bytes(LENGTH_BYTES, "big") + chunk for chunk in chunks)


def mend_order(parts: Parts) -> bytes:
    """The order with counts that fit, signed again."""
    parts = counted(parts)
    terms = [part for part in parts if part[0].startswith("terms")]
    leg = fields.joined([part for part in parts if not part[0].startswith("terms")])
    signed = encoding.encode_leg(stage().signed(encoding.decode_leg(leg)))
    return joined_order([("leg", signed), *terms])


def use_order(data: bytes, mended: bool) -> None:
    """Puts the order on an empty board, finds it there as it was sent, and takes it away again."""
    chunks, rest = [], data
    while rest:
        length = int.from_bytes(rest[:LENGTH_BYTES], "big")
        chunks.append(rest[LENGTH_BYTES : LENGTH_BYTES + length])
        rest = rest[LENGTH_BYTES + length :]
    ledger, now_ms = board_ledger(), stage().world.now_ms
    try:
        order = board.place(ledger, chunks[0], chunks[1:], now_ms, stage().world.notary.verify)
        assert board.listed(ledger, now_ms) == [order] == [board.get(ledger, order.order_id, now_ms)]
        assert (order.leg_bytes, list(order.sealed_terms)) == (chunks[0], chunks[1:])
        if not mended:
            assert order.order_id == digests.leg_id(ledger.ledger_id, encoding.decode_leg(_good_leg()))
    finally:
        ledger._repository._connection.execute("DELETE FROM orders")


def _good_leg() -> bytes:
    parts = ORDER.goods["order"]
    return fields.joined([part for part in parts if not part[0].startswith("terms")])


ORDER = Target("order", good_order, use_order, joined=joined_order, mend=mend_order)
