"""The bytes behind every id, signed message and event, spelled out: stored ledgers and signatures depend on them."""

import hashlib
import struct
from dataclasses import replace

from circuits.statements import leg as leg_statement
from settlement import digests, encoding, events
from settlement.bundle import Bundle, Flow, Leg, Margin
from settlement.grids import PublishedGrids
from tests.settlement import samples
from zk.curves import babyjubjub
from zk.fields.prime import R
from zk.signature import Signature

LEDGER_ID = bytes(range(100, 132))
PUBLIC = leg_statement.Public(1, 2, 3, *babyjubjub.BASE8, *babyjubjub.GENERATOR, 0, 0)
MARGIN = Margin(b"m" * 32, 4, 5, 6, samples.PROOF)
SIGNATURE = Signature(babyjubjub.BASE8, 7)
LEG = Leg(b"k" * 32, PUBLIC, samples.PROOF, MARGIN, (Flow(1, -2, b"ab", b"ref"),), 8, (b"c" * 210,), SIGNATURE)


def framed(*parts):
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def words(*numbers):
    return b"".join(number.to_bytes(32, "big") for number in numbers)


def element(data):
    return int.from_bytes(hashlib.sha512(data).digest(), "big") % R


BODY = b"".join((
    encoding.LEG_MAGIC, bytes([1, 1, 1]), b"k" * 32,
    words(1, 2, 3, *babyjubjub.BASE8, *babyjubjub.GENERATOR), bytes([0]),
    b"m" * 32, words(4), (5).to_bytes(8, "big"), words(6),
    bytes([1]), (-2).to_bytes(8, "big", signed=True), bytes([2]), b"ab", bytes([3]), b"ref",
    (8).to_bytes(8, "big"), b"c" * 210,
))  # fmt: skip


def test_the_body_of_a_leg_is_the_documented_bytes():
    assert encoding.encode_body(LEG) == BODY


def test_the_id_and_the_message_of_a_leg_hash_its_body():
    assert digests.leg_id(LEDGER_ID, LEG) == hashlib.sha256(framed(b"zksettle/leg/id", LEDGER_ID, BODY)).digest()
    assert digests.leg_message(LEDGER_ID, LEG) == element(framed(b"zksettle/leg/message", LEDGER_ID, BODY))


def test_the_id_of_a_bundle_hashes_bodies_and_its_message_signatures_too():
    bundle = Bundle(LEDGER_ID, (LEG, replace(LEG, margin=None)), samples.UNSIGNED, (samples.UNSIGNED, None))
    other = encoding.encode_body(bundle.legs[1])
    signed = words(*babyjubjub.BASE8, 7)
    assert digests.bundle_id(bundle) == hashlib.sha256(framed(b"zksettle/bundle/id", LEDGER_ID, BODY, other)).digest()
    parts = (b"zksettle/bundle/message", LEDGER_ID, BODY, signed, other, signed)
    assert digests.bundle_message(bundle) == element(framed(*parts))


def test_the_message_of_an_attestation_names_the_ledger_the_leg_and_the_flow():
    leg_id = hashlib.sha256(framed(b"zksettle/leg/id", LEDGER_ID, BODY)).digest()
    expected = element(framed(b"zksettle/custody/attestation", LEDGER_ID, leg_id, bytes([3])))
    assert digests.attestation_message(LEDGER_ID, LEG, 3) == expected


def test_events_are_a_chain_of_digests():
    first = events.next_event(None, events.GENESIS, 5, b"ledger")
    second = events.next_event(first, events.GRIDS, 2**40, b"grids")
    assert first.digest == hashlib.sha256(b"zksettle/event" + struct.pack(">32xQBQ", 0, 0, 5) + b"ledger").digest()
    head = first.digest + struct.pack(">QBQ", 1, 2, 2**40)
    assert second.digest == hashlib.sha256(b"zksettle/event" + head + b"grids").digest()
    assert (first.height, second.height) == (0, 1)


def test_the_bodies_of_events_are_the_documented_bytes():
    tree = words(9) + (10).to_bytes(8, "big")
    assert events.bundle_body(b"i" * 32, b"data", 9, 10) == b"i" * 32 + hashlib.sha256(b"data").digest() + tree
    publication = replace(samples.publication(3), evidence=b"signed prices")
    values = struct.pack(">128Q", *(list(range(1, 9)) * 16))
    content = hashlib.sha256(values + values + b"signed prices").digest()
    body = events.grids_body(PublishedGrids(publication, 11, 12, 0))
    assert body == (3).to_bytes(8, "big") + words(11, 12) + content
