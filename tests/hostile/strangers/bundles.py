"""Bundles to the ledger, and orders to the board; every field has the name that the decoder gives it.

What is settled must have been checked: every message that passes is settled on a copy, whose audit must pass.  A
stranger who owns the accounts signs again what he changed; then only the notary's claims stand between him and other
people's balances.
"""

from dataclasses import replace
from functools import cache
from typing import Any

from settlement import engine
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import CIPHERTEXT_BYTES, Account, Flow
from settlement.fieldreader import FieldReader
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.orders import posting as postings
from tests.hostile.strangers import fields
from tests.hostile.strangers.fields import Parts
from tests.hostile.strangers.stage import stage
from tests.hostile.strangers.target import Target
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import BOARD
from tests.simulation import binding, showing, traders
from tests.simulation.market import LOTS, change
from zk import entropy, signature
from zk.errors import FormatError

COUNTED = {"number of flows": "amount of flow", "number of ciphertexts": "ciphertext "}
LENGTH_BYTES = 4


def fields_of(decode: Any, data: bytes) -> Parts:
    """The fields of a good message, in order, as its decoder takes them from the bytes."""
    taken: dict[str, list[tuple[str, bytes]]] = {}

    ordinary = FieldReader.take

    def tracing(self: FieldReader, count: int, field: str) -> bytes:
        part = ordinary(self, count, field)
        taken.setdefault(self.what, []).append((field, part))
        return part

    FieldReader.take = tracing
    try:
        decode(data)
    finally:
        FieldReader.take = ordinary
    parts: Parts = []
    whole, *_ = taken
    for field, part in taken[whole]:
        inner = field.removeprefix("bytes of ")
        parts += [(f"{inner}: {name}", data) for name, data in taken[inner]] if inner in taken else [(field, part)]
    assert fields.joined(parts) == data, "the decoder reads other fields than the message has"
    return parts


@cache
def good_bundles() -> dict[str, bytes]:
    """A deposit, a withdrawal, a payment, a swap, a gift to the insurance, a top-up, a seizure and a conversion."""
    world = stage().world
    cash = world.holdings[0]
    dollar = LOTS[0]
    paid_in = world.draft(traders.nothing(), change((0, 500)), (samples.flow(0, 500 * dollar, b"bank"),))
    outside = samples.flow(0, -100 * dollar, b"bank"), samples.flow(0, -200 * dollar, b"")
    paid_out = world.draft(cash, change((0, -300)), outside)
    given = [world.draft(cash, change((0, -7))), world.draft(traders.nothing(), change((0, 7)))]
    fee = Flow(0, -dollar, Account.INSURANCE, b"", b"")
    drafts = {
        "deposit": [paid_in], "withdrawal": [paid_out], "payment": given, "swap": stage().swap(),
        "gift": [world.draft(cash, change((0, -1)), (fee,))],
        "top-up": [world.top_up(stage().poor, change((0, 5)), (samples.flow(0, 5 * dollar, b"bank"),))],
    }  # fmt: skip
    bundles = {name: binding.bind(stage().ledger, stage().make(legs)) for name, legs in drafts.items()}
    bundles["seizure"] = stage().seizing()
    bundles["conversion"] = stage().converting()
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
    flows = [flow for leg in checked.bundle.legs for flow in leg.flows]
    moved = sum(flow.amount for flow in flows if flow.account is Account.OUTSIDE)
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
    """The order of one side of the swap, with terms for two readers; and one that its account's funds back."""
    (made,) = stage().make(stage().swap()[:1])
    terms = [(f"sealed {i}", entropy.token(CIPHERTEXT_BYTES)) for i in range(2)]
    named = replace(made.leg, terms=digests.terms([sealed for _, sealed in terms]))
    made = replace(made, leg=stage().signed(named))
    leg = fields_of(encoding.decode_leg, encoding.encode_leg(made.leg))
    time = stage().world.now_ms.to_bytes(8, "big")
    return {
        name: posted([*leg, ("beside: time", time), ("beside: funds", funds), ("beside: signature", bytes(96)), *terms])
        for name, funds in (("order", b""), ("backed order", good_funds(made)))
    }


def good_funds(order: traders.Made) -> bytes:
    """The funds that the order's own account has."""
    source = stage().swap()[0].source
    return showing.order_funds(stage().ledger, stage().world.notary, source, order.leg, 0, BOARD.funds[0])


def leg_of(parts: Parts) -> bytes:
    """The leg among an order's fields."""
    return fields.joined([part for part in parts if not part[0].startswith(("sealed", "beside"))])


def joined_order(parts: Parts) -> bytes:
    """The leg after its length, and everything beside it after its own."""
    chunks = [leg_of(parts), *(data for label, data in parts if label.startswith(("sealed", "beside")))]
    return b"".join(len(chunk).to_bytes(LENGTH_BYTES, "big") + chunk for chunk in chunks)


def posting_of(data: bytes) -> board.Posting:
    """The posting in these bytes.  Raises FormatError when a part is missing."""
    chunks, rest = [], data
    while rest:
        length = int.from_bytes(rest[:LENGTH_BYTES], "big")
        chunks.append(rest[LENGTH_BYTES : LENGTH_BYTES + length])
        rest = rest[LENGTH_BYTES + length :]
    if len(chunks) < 4:
        raise FormatError("a part of the order is missing")
    leg, time, funds, signed, *terms = chunks
    return board.Posting(leg, tuple(terms), funds, int.from_bytes(time, "big"), signed)


def posted(parts: Parts) -> Parts:
    """The order with the signature of its maker on what stands beside the leg, if that is one of those on the stage."""
    posting = posting_of(joined_order(parts))
    leg = encoding.decode_leg(posting.leg_bytes)
    secret = stage().spending.get((leg.public.rk_x, leg.public.rk_y))
    if secret is None or posting.posted_ms >= 1 << 63:
        return parts
    order_id = digests.leg_id(stage().ledger.ledger_id, leg)
    message = digests.posting_message(order_id, posting.sealed_terms, posting.funds, posting.posted_ms)
    made = signature.encode(signature.sign(secret, message))
    return [(label, made if label == "beside: signature" else data) for label, data in parts]


def mend_order(parts: Parts) -> bytes:
    """The order with counts that fit, signed again."""
    parts = counted(parts)
    beside = [part for part in parts if part[0].startswith(("sealed", "beside"))]
    signed = encoding.encode_leg(stage().signed(encoding.decode_leg(leg_of(parts))))
    return joined_order(posted([("leg", signed), *beside]))


def use_order(data: bytes, mended: bool) -> None:
    """Puts the order on an empty board, finds it there as it was sent, and takes it away again."""
    posting = posting_of(data)
    ledger, now_ms, verify = board_ledger(), stage().world.now_ms, stage().world.notary.verify
    try:
        order = board.place(ledger, posting, now_ms, verify)
        assert board.listed(ledger, now_ms) == [order] == [board.get(ledger, order.order_id, now_ms)]
        assert (order.leg_bytes, order.sealed_terms, order.funds) == (
            posting.leg_bytes, posting.sealed_terms, posting.funds
        )  # fmt: skip
        postings.check_row(ledger, order, verify)
        if not mended:
            assert data in (joined_order(good) for good in ORDER.goods.values()), "its maker did not post this"
    finally:
        ledger._repository._connection.execute("DELETE FROM orders")


ORDER = Target("order", good_order, use_order, joined=joined_order, mend=mend_order)
