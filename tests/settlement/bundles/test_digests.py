"""The bytes behind every id, signed message and event, spelled out: stored ledgers and signatures depend on them."""

import hashlib
import struct
from dataclasses import replace

from circuits.statements import leg as leg_statement
from settlement import events
from settlement.bundles import digests, encoding, seizureencoding
from settlement.bundles.bundle import (
    Account,
    Bundle,
    Conversion,
    ConversionProof,
    Escrow,
    Flow,
    Leg,
    Margin,
    Seizure,
    SeizurePublic,
)
from tests.settlement.bundles import samples
from zk.curves import babyjubjub
from zk.signature import Signature

LEDGER_ID = bytes(range(100, 132))
PUBLIC = leg_statement.Public(1, 2, 3, *babyjubjub.BASE8, *babyjubjub.GENERATOR, 9, 0, 0, 0)
SIGNATURE = Signature(babyjubjub.BASE8, 7)
LEG = Leg(
    b"k" * 32, PUBLIC, samples.PROOF, Escrow(b"e" * 32, babyjubjub.BASE8, tuple(range(8)), samples.PROOF),
    Margin(b"m" * 32, 5, samples.PROOF),
    (Flow(1, -2, Account.OUTSIDE, b"ab", b"ref"), Flow(0, 3, Account.FEE, b"", b"")),
    8, b"w" * 32, b"t" * 32, (b"c" * 274,), True, SIGNATURE,
)  # fmt: skip
SEIZURE = Seizure(
    b"s" * 32, SeizurePublic(1, 2, 3, *babyjubjub.BASE8, 4), 5, samples.PROOF, 6, b"w" * 32, SIGNATURE,
)  # fmt: skip
CONVERSION = Conversion(9, babyjubjub.BASE8, ConversionProof(babyjubjub.BASE8, 1, 2))


def framed(*parts):
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def words(*numbers):
    return b"".join(number.to_bytes(32, "big") for number in numbers)


def message(data):
    return int(hashlib.sha256(data).hexdigest(), 16) >> 8


BODY = b"".join((
    b"zkL4", bytes([1, 1, 2, 1]), b"k" * 32,
    words(1, 2, 3, *babyjubjub.BASE8, *babyjubjub.GENERATOR), bytes([0, 0, 0, 9]), bytes([0]),
    bytes([1, 0]), (-2).to_bytes(8, "big", signed=True), bytes([2]), b"ab", bytes([3]), b"ref",
    bytes([0, 1]), (3).to_bytes(8, "big"), bytes([0, 0]),
    (8).to_bytes(8, "big"), b"w" * 32, b"t" * 32, b"c" * 274,
    b"e" * 32, words(*babyjubjub.BASE8, *range(8)),
))  # fmt: skip
SEIZURE_BODY = b"zkS3" + b"s" * 32 + words(1, 2, 3, *babyjubjub.BASE8) + struct.pack(">IQQ", 4, 5, 6) + b"w" * 32


def test_the_body_of_a_leg_is_the_documented_bytes():
    assert encoding.encode_body(LEG) == BODY


def test_the_body_of_a_top_up_has_its_period_and_its_tag_after_the_mark():
    topped_up = replace(LEG, public=replace(LEG.public, adds=1, period=0x0102030405060708, tag=77))
    at = BODY.index(bytes([0, 0, 0, 9, 0])) + 4
    assert encoding.encode_body(topped_up) == BODY[:at] + b"\1" + bytes(range(1, 9)) + words(77) + BODY[at + 1 :]


def test_the_id_and_the_message_of_a_leg_hash_its_body():
    assert digests.leg_id(LEDGER_ID, LEG) == hashlib.sha256(framed(b"zksettle/leg/id", LEDGER_ID, BODY)).digest()
    assert digests.leg_message(LEDGER_ID, LEG) == message(framed(b"zksettle/leg/message", LEDGER_ID, BODY))


def test_a_margin_is_neither_in_the_id_nor_under_the_signature_of_a_leg():
    for margin in (None, Margin(b"n" * 32, 6, samples.PROOF)):
        assert encoding.encode_body(replace(LEG, margin=margin)) == BODY


def test_the_id_and_the_message_of_a_seizure_hash_its_body():
    assert seizureencoding.encode_seizure_body(SEIZURE) == SEIZURE_BODY
    named = hashlib.sha256(framed(b"zksettle/seizure/id", LEDGER_ID, SEIZURE_BODY)).digest()
    assert digests.seizure_id(LEDGER_ID, SEIZURE) == named
    signed = message(framed(b"zksettle/seizure/message", LEDGER_ID, SEIZURE_BODY))
    assert digests.seizure_message(LEDGER_ID, SEIZURE) == signed


def test_the_id_of_a_bundle_hashes_bodies_and_its_message_signatures_too():
    bundle = Bundle(
        LEDGER_ID, (LEG, replace(LEG, expiry_ms=9)), (SEIZURE,), (CONVERSION,), samples.UNSIGNED,
        (samples.UNSIGNED, None),
    )  # fmt: skip
    other, signed = encoding.encode_body(bundle.legs[1]), words(*babyjubjub.BASE8, 7)
    converted = bytes([9]) + words(*babyjubjub.BASE8)
    bodies = (BODY, other, SEIZURE_BODY, converted)
    assert digests.bundle_id(bundle) == hashlib.sha256(framed(b"zksettle/bundle/id", LEDGER_ID, *bodies)).digest()
    parts = (BODY, signed, other, signed, SEIZURE_BODY, signed, converted)
    assert digests.bundle_message(bundle) == message(framed(b"zksettle/bundle/message", LEDGER_ID, *parts))
    ids = [digests.leg_id(LEDGER_ID, leg) for leg in bundle.legs] + [digests.seizure_id(LEDGER_ID, SEIZURE)]
    assert list(digests.move_ids(bundle)) == ids


def test_the_message_of_an_attestation_names_the_ledger_the_leg_and_the_flow():
    leg_id = hashlib.sha256(framed(b"zksettle/leg/id", LEDGER_ID, BODY)).digest()
    expected = message(framed(b"zksettle/custody/attestation", LEDGER_ID, leg_id, bytes([3])))
    assert digests.attestation_message(LEDGER_ID, LEG, 3) == expected
    assert digests.insurance_message(LEDGER_ID, LEG) == message(framed(b"zksettle/insurance/leg", LEDGER_ID, leg_id))


def test_companions_are_named_in_any_order_and_terms_in_theirs():
    expected = hashlib.sha256(framed(b"zksettle/companions", words(5), words(7), words(2**200))).digest()
    assert digests.companions([7, 2**200, 5]) == expected
    assert digests.terms([b"b", b"a"]) == hashlib.sha256(framed(b"zksettle/order/terms", b"b", b"a")).digest()
    assert digests.terms([]) == bytes(32)


def test_an_event_is_a_leaf_of_the_log_and_its_digest_the_root_of_all_leaves():
    first = events.first(5, b"ledger")
    second = events.following(first.event, lambda *place: first.nodes[place], events.GRIDS, 2**40, b"grids")
    leaves = [
        b"zksettle/event" + struct.pack(">QBQ", 0, 0, 5) + b"ledger",
        b"zksettle/event" + struct.pack(">QBQ", 1, 2, 2**40) + b"grids",
    ]
    hashes = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
    assert first.event.digest == hashes[0]
    assert second.event.digest == hashlib.sha256(b"\1" + hashes[0] + hashes[1]).digest()
    assert (first.event.height, second.event.height) == (0, 1)
