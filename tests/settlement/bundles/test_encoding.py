"""One encoding: decoding undoes encoding, encoding undoes decoding, and no other bytes are accepted."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits.statements import leg as leg_statement
from settlement.bundles import bundle, digests, encoding, seizureencoding
from settlement.bundles.bundle import (
    NO_DIGEST,
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
from zk.curves import babyjubjub, bn254
from zk.errors import FormatError
from zk.fields.prime import P, R
from zk.signature import Signature

OUTSIDE_FLOW, FEE, INSURANCE, POT = Account
elements = st.sampled_from([0, 1, R - 1]) | st.integers(0, R - 1)
digest_bytes = st.binary(min_size=32, max_size=32)
scalars = st.integers(0, babyjubjub.ORDER - 1)
points = st.integers(1, 50).map(lambda k: babyjubjub.multiply(k, babyjubjub.BASE8))
signatures = st.builds(Signature, points, scalars)
amounts = st.integers(-bundle.MAX_AMOUNT, bundle.MAX_AMOUNT).filter(bool)
references = st.from_regex(r"[!-@\[-~]{1,20}( [!-@\[-~]{1,10}){0,4}", fullmatch=True).map(str.encode)
parties = st.binary(max_size=bundle.MAX_PARTY_BYTES)
flows = st.one_of(
    st.builds(Flow, st.integers(0, 7), amounts, st.just(OUTSIDE_FLOW), parties, references),
    st.builds(Flow, st.integers(0, 7), amounts, st.sampled_from([FEE, INSURANCE]), st.just(b""), st.just(b"")),
    st.builds(Flow, st.just(0), amounts.map(lambda a: -abs(a)), st.just(FEE), st.just(b""), digest_bytes),
    st.builds(Flow, st.sampled_from([0, 8, 15]), amounts, st.just(POT), st.just(b""), st.just(b"")),
)
epochs = st.integers(0, bundle.MAX_EPOCH)
margins = st.builds(Margin, digest_bytes, epochs, st.just(samples.PROOF))
ciphered = st.lists(elements, min_size=8, max_size=8).map(tuple)
escrows = st.builds(Escrow, digest_bytes, points, ciphered, st.just(samples.PROOF))
ciphertexts = st.binary(min_size=bundle.CIPHERTEXT_BYTES, max_size=bundle.CIPHERTEXT_BYTES)
expiries = st.integers(0, bundle.MAX_EXPIRY_MS)


@st.composite
def legs(draw) -> Leg:
    guard = draw(st.sampled_from([0, 1, 2**32 - 1]))
    adds = draw(st.integers(0, 1)) if guard else 0
    public = leg_statement.Public(
        draw(elements), draw(elements), draw(elements.filter(bool)), *draw(points), *draw(points), guard, adds,
        *((draw(st.integers(0, bundle.MAX_PERIOD)), draw(elements)) if adds else (0, 0)),
    )
    return Leg(
        draw(digest_bytes), public, samples.PROOF, draw(st.none() | escrows) if guard else None,
        draw(st.none() | margins) if guard and not adds else None, tuple(draw(st.lists(flows, max_size=3))),
        draw(expiries), draw(digest_bytes), draw(digest_bytes), tuple(draw(st.lists(ciphertexts, max_size=2))),
        bool(guard) and draw(st.booleans()), draw(signatures),
    )  # fmt: skip


@st.composite
def seizures(draw) -> Seizure:
    public = SeizurePublic(
        draw(elements), draw(elements), draw(elements.filter(bool)), *draw(points), draw(st.integers(0, 2**32 - 1))
    )
    companions = draw(digest_bytes.filter(any))
    return Seizure(
        draw(digest_bytes), public, draw(epochs), samples.PROOF, draw(expiries), companions, draw(signatures)
    )


conversion_proofs = st.builds(ConversionProof, points, scalars, scalars)
conversions = st.builds(Conversion, st.integers(8, 15), points, conversion_proofs)


@st.composite
def bundles(draw) -> Bundle:
    made = tuple(draw(st.lists(legs(), min_size=1, max_size=3)))
    count = sum(len(leg.flows) + leg.is_insurance for leg in made)
    attestations = tuple(draw(st.lists(st.none() | signatures, min_size=count, max_size=count)))
    others = tuple(draw(st.lists(seizures(), max_size=2))), tuple(draw(st.lists(conversions, max_size=2)))
    return Bundle(draw(digest_bytes), made, *others, draw(signatures), attestations)


PUBLIC = leg_statement.Public(1, 2, 3, *babyjubjub.BASE8, *babyjubjub.BASE8, 1, 0, 0, 0)
CASH = replace(PUBLIC, guard=0)
ESCROW = Escrow(bytes(32), babyjubjub.BASE8, tuple(range(8)), samples.PROOF)
MARGIN = Margin(bytes(32), 5, samples.PROOF)
FLOW = Flow(1, -2, OUTSIDE_FLOW, b"ab", b"ref")
LEG = Leg(
    bytes(range(32)), PUBLIC, samples.PROOF, ESCROW, MARGIN, (FLOW,), 6, NO_DIGEST, NO_DIGEST, (bytes(274),), False,
    samples.UNSIGNED,
)  # fmt: skip
SEIZURE = Seizure(
    bytes(32), SeizurePublic(1, 2, 3, *babyjubjub.BASE8, 4), 5, samples.PROOF, 6, bytes([1] * 32), samples.UNSIGNED
)
CONVERSION = Conversion(9, babyjubjub.BASE8, ConversionProof(babyjubjub.BASE8, 1, 2))
BUNDLE = Bundle(
    bytes(32), (LEG, replace(LEG, margin=None, is_insurance=True)), (SEIZURE,), (CONVERSION,), samples.UNSIGNED,
    (None, samples.UNSIGNED, samples.UNSIGNED),
)  # fmt: skip
BUNDLE_HEAD = encoding.BUNDLE_MAGIC + bytes(32) + bytes([1, 0, 0])  # of a bundle with one leg


@settings(max_examples=60)
@given(bundles())
def test_a_bundle_comes_back_from_its_bytes(whole):
    assert encoding.decode_bundle(encoding.encode_bundle(whole)) == whole


@settings(max_examples=60)
@given(legs())
def test_a_leg_comes_back_from_its_bytes(leg):
    assert encoding.decode_leg(encoding.encode_leg(leg)) == leg


@settings(max_examples=250)
@given(legs())
def test_a_changed_leg_has_a_body_of_its_own(leg):
    before = encoding.encode_body(leg)
    assert encoding.encode_body(leg) is before, "it is made once"
    other = replace(leg, expiry_ms=leg.expiry_ms ^ 1)
    assert encoding.encode_body(other) != before
    assert encoding.encode_body(replace(other, expiry_ms=leg.expiry_ms)) == before and leg != other


@given(st.data())
def test_accepted_bytes_are_the_only_encoding_of_their_bundle(data):
    spoiled = bytearray(encoding.encode_bundle(BUNDLE))
    for _ in range(data.draw(st.integers(1, 2))):
        spoiled[data.draw(st.integers(0, len(spoiled) - 1))] = data.draw(st.integers(0, 255))
    try:
        decoded = encoding.decode_bundle(bytes(spoiled))
    except FormatError:
        return
    assert encoding.encode_bundle(decoded) == spoiled


@settings(max_examples=200)
@given(st.binary(max_size=1600), st.booleans())
def test_noise_is_a_format_error_and_nothing_else(noise, has_magic):
    data = (encoding.BUNDLE_MAGIC if has_magic else b"") + noise
    with pytest.raises(FormatError):
        encoding.decode_bundle(data)
    with pytest.raises(FormatError):
        encoding.decode_leg(encoding.LEG_MAGIC + noise)


def test_every_prefix_and_every_continuation_of_a_leg_is_refused():
    data = encoding.encode_leg(LEG)
    for end in range(len(data)):
        with pytest.raises(FormatError):
            encoding.decode_leg(data[:end])
    with pytest.raises(FormatError, match="1 bytes too many"):
        encoding.decode_leg(data + b"\0")


@settings(max_examples=400)
@given(st.integers(0, len(encoding.encode_body(LEG)) - 1), st.integers(1, 255))
def test_every_byte_of_a_body_is_signed_and_named(place, difference):
    """So no two legs that differ in more than proofs and signatures share an id or a signature."""
    body = bytearray(encoding.encode_leg(LEG))
    body[place] ^= difference
    try:
        changed = encoding.decode_leg(bytes(body))
    except FormatError:
        return
    assert digests.leg_id(bytes(32), changed) != digests.leg_id(bytes(32), LEG)
    assert digests.leg_message(bytes(32), changed) != digests.leg_message(bytes(32), LEG)


IDENTITY_POINT = babyjubjub.IDENTITY
OUTSIDE = babyjubjub.add(babyjubjub.BASE8, (0, R - 1))  # plus the point of order two: on the curve, not in the subgroup
OFF = (babyjubjub.BASE8[0], babyjubjub.BASE8[1] ^ 1)
LIES = [  # what is changed, and what the refusal names
    ({"root": R}, "root is not below"),
    ({"nullifier": R}, "nullifier is not below"),
    ({"commitment": R + 1}, "commitment is not below"),
    ({"commitment": 2**256 - 1}, "commitment is not below"),
    ({"commitment": 0}, "commitment is 0"),
    ({"value_x": IDENTITY_POINT[0], "value_y": IDENTITY_POINT[1]}, "value is the identity"),
    ({"value_x": OUTSIDE[0], "value_y": OUTSIDE[1]}, "value is not in the subgroup"),
    ({"value_x": OFF[0], "value_y": OFF[1]}, "value is not on"),
    ({"value_y": babyjubjub.BASE8[1] + R}, "value.y is not below"),
    ({"rk_x": IDENTITY_POINT[0], "rk_y": IDENTITY_POINT[1]}, "rk is the identity"),
    ({"rk_x": OUTSIDE[0], "rk_y": OUTSIDE[1]}, "rk is not in the subgroup"),
    ({"adds": 2}, "adds mark is above 1"),
    ({"adds": 1}, "only adds and has a margin proof"),
    ({"guard": 0}, "a cash leg and has an escrow"),
    ({"adds": 1, "period": 2**63}, "period is above"),
    ({"adds": 1, "tag": R}, "tag is not below"),
]


@pytest.mark.parametrize("changes, complaint", LIES)
def test_an_invalid_public_input_is_refused_by_name(changes, complaint):
    with pytest.raises(FormatError, match=complaint):
        encoding.decode_leg(encoding.encode_leg(replace(LEG, public=replace(PUBLIC, **changes))))


MORE_LIES = [
    ({"flows": (Flow(16, 1, OUTSIDE_FLOW, b"", b"ref"),)}, "the leg: the asset of flow 0 is above 15"),
    ({"flows": (Flow(8, 1, OUTSIDE_FLOW, b"", b"ref"),)}, "the leg: flow 0 is of asset 8, a claim"),
    ({"flows": (Flow(8, 1, FEE, b"", b""),)}, "the leg: flow 0 is of asset 8, a claim"),
    ({"flows": (Flow(1, 1, POT, b"", b""),)}, "the leg: flow 0 is of asset 1, which is not what the pot holds"),
    ({"flows": (Flow(0, 1, 4, b"", b"ref"),)}, "the leg: the account of flow 0 is above 3"),
    ({"flows": (Flow(0, 0, OUTSIDE_FLOW, b"", b"ref"),)}, "the amount of flow 0 is zero"),
    ({"flows": (Flow(0, -(2**63), OUTSIDE_FLOW, b"", b"ref"),)}, "more than 2\\^63 - 1 in size"),
    ({"flows": (Flow(0, 1, OUTSIDE_FLOW, bytes(65), b"ref"),)}, "the party length of flow 0 is above 64"),
    ({"flows": (Flow(0, 1, OUTSIDE_FLOW, b"", bytes(65)),)}, "the reference length of flow 0 is above 64"),
    ({"flows": (Flow(0, 1, OUTSIDE_FLOW, b"", b""),)}, "flow 0 has no reference"),
    ({"flows": (Flow(0, 1, OUTSIDE_FLOW, b"", b"Ref"),)}, "flow 0: the reference 'Ref' is not plain"),
    ({"flows": (Flow(0, 1, OUTSIDE_FLOW, b"", b"a  b"),)}, "flow 0: the reference 'a  b' is not plain"),
    ({"flows": (Flow(0, -1, FEE, b"me", b""),)}, "flow 0 is of a public account and names a party"),
    ({"flows": (Flow(0, -1, FEE, b"", b"ref"),)}, "flow 0 has a reference, which is only the id of the order"),
    ({"flows": (Flow(0, 1, FEE, b"", bytes(32)),)}, "flow 0 has a reference, which is only the id of the order"),
    ({"flows": (Flow(1, -1, FEE, b"", bytes(32)),)}, "flow 0 has a reference, which is only the id of the order"),
    ({"flows": (Flow(0, -1, INSURANCE, b"", bytes(32)),)}, "flow 0 has a reference, which is only the id of the order"),
    ({"escrow": None, "public": CASH}, "a cash leg and has a margin proof"),
    ({"escrow": None, "margin": None, "public": CASH, "is_insurance": True}, "cash leg, and the insurance has none"),
    ({"escrow": None, "margin": None, "public": replace(CASH, adds=1)}, "a cash leg, and no top-up"),
    ({"escrow": replace(ESCROW, ephemeral=IDENTITY_POINT)}, "the escrow's E is the identity"),
    ({"escrow": replace(ESCROW, ephemeral=OUTSIDE)}, "the escrow's E is not in the subgroup"),
    ({"escrow": replace(ESCROW, ciphertext=(*range(7), R))}, "the escrow's element 7 is not below"),
    ({"expiry_ms": 2**63}, "expiry is above"),
    ({"margin": replace(MARGIN, epoch=2**61)}, "epoch is above"),
    ({"signature": Signature(IDENTITY_POINT, 1)}, "identity"),
    ({"signature": Signature(OUTSIDE, 1)}, "subgroup"),
    ({"signature": Signature(babyjubjub.BASE8, babyjubjub.ORDER)}, "s is not below"),
]


@pytest.mark.parametrize("changes, complaint", MORE_LIES)
def test_a_field_out_of_its_range_is_refused_by_name(changes, complaint):
    with pytest.raises(FormatError, match=complaint):
        encoding.decode_leg(encoding.encode_leg(replace(LEG, **changes)))


PROOF_LIES = [  # where in the proof, what is written there
    (0, bytes(64), "identity"),
    (64, bytes(128), "identity"),
    (192, bytes(64), "identity"),
    (0, (1 + P).to_bytes(32, "big"), "proof: a"),
    (32, (3).to_bytes(32, "big"), "curve"),
]


@pytest.mark.parametrize("before", [0, 256, 2 * 256 + 1 + 32 + 8], ids=["proof", "escrow proof", "margin proof"])
@pytest.mark.parametrize("place, written, complaint", PROOF_LIES)
def test_an_invalid_point_of_a_proof_is_refused(place, written, complaint, before):
    data = bytearray(encoding.encode_leg(LEG))
    start = len(encoding.encode_body(LEG)) + place + before
    data[start : start + len(written)] = written
    with pytest.raises(FormatError, match=complaint):
        encoding.decode_leg(bytes(data))


def test_a_point_of_a_proof_outside_the_subgroup_of_g2_is_refused():
    from tests.settlement.audit import twist

    data = bytearray(encoding.encode_leg(LEG))
    start = len(encoding.encode_body(LEG)) + 64
    data[start : start + 128] = twist.point_outside_the_subgroup()
    with pytest.raises(FormatError, match="subgroup"):
        encoding.decode_leg(bytes(data))


@pytest.mark.parametrize("changes, complaint", [
    ({"flows": (FLOW,) * 17}, "has 17 flows, more than 16"),
    ({"ciphertexts": (bytes(274),) * 3}, "has 3 ciphertexts, more than 2"),
])
def test_more_than_a_limit_is_told_apart_from_bad_bytes_and_the_leg_is_named(changes, complaint):
    with pytest.raises(encoding.LimitExceeded, match=f"the leg {complaint}"):
        encoding.decode_leg(encoding.encode_leg(replace(LEG, **changes)))
    broken = replace(LEG, public=replace(PUBLIC, root=R), **changes)
    with pytest.raises(encoding.LimitExceeded, match=f"leg 1 {complaint}"):
        encoding.decode_bundle(encoding.encode_bundle(replace(BUNDLE, legs=(LEG, broken))))


def test_more_legs_and_longer_legs_than_the_limits_are_told_apart_from_bad_bytes():
    data = bytearray(encoding.encode_bundle(BUNDLE))
    data[36] = 33
    with pytest.raises(encoding.LimitExceeded, match="the bundle has 33 legs, more than 32"):
        encoding.decode_bundle(bytes(data))
    longer = BUNDLE_HEAD + (encoding.MAX_LEG_BYTES + 1).to_bytes(2, "big") + bytes(encoding.MAX_LEG_BYTES + 1)
    with pytest.raises(encoding.LimitExceeded, match=f"leg 0 has {encoding.MAX_LEG_BYTES + 1} bytes, more than"):
        encoding.decode_bundle(longer)


def test_a_file_of_another_format_is_refused_by_its_first_bytes():
    """Byte 36 would be the number of legs, and 200 legs are too many."""
    for data in (bytes([200]) * 500, b"PK\3\4" + bytes([200]) * 500, b"zkL4" + bytes([200]) * 500):
        with pytest.raises(FormatError, match="^the bundle does not start with zkB4$") as refused:
            encoding.decode_bundle(data)
        assert not isinstance(refused.value, encoding.LimitExceeded)


SEIZURE_LIES = [
    ({"public": replace(SEIZURE.public, root=R)}, "the root is not below"),
    ({"public": replace(SEIZURE.public, nullifier=R)}, "the nullifier is not below"),
    ({"public": replace(SEIZURE.public, commitment=0)}, "the commitment is 0"),
    ({"public": replace(SEIZURE.public, value_x=0, value_y=1)}, "the value is the identity"),
    ({"epoch": 2**61}, "the epoch is above"),
    ({"expiry_ms": 2**63}, "the expiry is above"),
    ({"companions": NO_DIGEST}, "does not name its companions"),
    ({"signature": Signature(babyjubjub.BASE8, babyjubjub.ORDER)}, "s is not below"),
]


@pytest.mark.parametrize("changes, complaint", SEIZURE_LIES)
def test_a_field_of_a_seizure_is_refused_by_name(changes, complaint):
    with pytest.raises(FormatError, match=f"^seizure 1:? .*{complaint}"):
        encoding.decode_bundle(
            encoding.encode_bundle(replace(BUNDLE, seizures=(SEIZURE, replace(SEIZURE, **changes))))
        )


CONVERSION_LIES = [
    ({"claim": 16}, "the claim is above 15"),
    ({"claim": 7}, "is of asset 7, which is held and never converted"),
    ({"point": OUTSIDE}, "the point is not in the subgroup"),
    ({"point": IDENTITY_POINT}, "the point is the identity"),
    ({"proof": ConversionProof(OUTSIDE, 1, 2)}, "the proof's R is not in the subgroup"),
    ({"proof": ConversionProof(babyjubjub.BASE8, babyjubjub.ORDER, 2)}, "response for the amount is not below"),
    ({"proof": ConversionProof(babyjubjub.BASE8, 1, babyjubjub.ORDER)}, "response for the blinding is not below"),
]


@pytest.mark.parametrize("changes, complaint", CONVERSION_LIES)
def test_a_field_of_a_conversion_is_refused_by_name(changes, complaint):
    with pytest.raises(FormatError, match=f"^conversion 0:? .*{complaint}"):
        encoding.decode_bundle(encoding.encode_bundle(replace(BUNDLE, conversions=(replace(CONVERSION, **changes),))))


@pytest.mark.parametrize("changes, complaint", [
    ({"seizures": (SEIZURE,) * 17}, "the bundle has 17 seizures, more than 16"),
    ({"conversions": (CONVERSION,) * 9}, "the bundle has 9 conversions, more than 8"),
])
def test_more_seizures_and_conversions_than_the_limits_are_told_apart_from_bad_bytes(changes, complaint):
    with pytest.raises(encoding.LimitExceeded, match=complaint):
        encoding.decode_bundle(encoding.encode_bundle(replace(BUNDLE, **changes)))


def test_a_margin_comes_back_from_its_bytes_and_no_other_bytes_are_one():
    data = encoding.encode_margin(MARGIN)
    assert encoding.decode_margin(data) == MARGIN
    for spoiled in (data[:-1], data + b"\0", data[:32] + bytes([255]) + data[33:]):
        with pytest.raises(FormatError, match="the margin"):
            encoding.decode_margin(spoiled)


@pytest.mark.parametrize("number", [0, 1])
def test_a_field_of_a_leg_in_a_bundle_is_named_with_the_leg(number):
    def spoiled(**changes) -> bytes:
        legs = list(BUNDLE.legs)
        legs[number] = replace(legs[number], **changes)
        return encoding.encode_bundle(replace(BUNDLE, legs=tuple(legs)))

    for changes, complaint in [
        ({"public": replace(PUBLIC, nullifier=R)}, "the nullifier is not below the modulus"),
        ({"public": replace(PUBLIC, value_x=0, value_y=1)}, "the value is the identity"),
        ({"expiry_ms": 2**63}, "the expiry is above"),
        ({"flows": (FLOW, replace(FLOW, asset=8))}, "flow 1 is of asset 8, a claim"),
        ({"signature": Signature(babyjubjub.BASE8, babyjubjub.ORDER)}, "the signature: s is not below"),
    ]:
        with pytest.raises(FormatError, match=f"^leg {number}: {complaint}"):
            encoding.decode_bundle(spoiled(**changes))


def test_a_leg_that_is_cut_short_is_named_with_the_field_it_ends_in():
    leg = encoding.encode_leg(LEG)[: 8 + 32 + 32 + 5]
    with pytest.raises(FormatError, match="^leg 0 ends inside the nullifier$"):
        encoding.decode_bundle(BUNDLE_HEAD + len(leg).to_bytes(2, "big") + leg)
    with pytest.raises(FormatError, match="^the bundle ends inside the bytes of leg 0$"):
        encoding.decode_bundle(BUNDLE_HEAD + (len(leg) + 1).to_bytes(2, "big") + leg)


def test_the_largest_leg_and_the_largest_bundle_are_as_large_as_the_limits_say():
    flows = (Flow(0, 1, OUTSIDE_FLOW, bytes(64), bytes(64)),) * bundle.MAX_FLOWS
    full = replace(LEG, flows=flows, ciphertexts=(bytes(274),) * 2)
    assert len(encoding.encode_leg(full)) == encoding.MAX_LEG_BYTES
    attestations = (samples.UNSIGNED,) * (bundle.MAX_BUNDLE_FLOWS + bundle.MAX_LEGS)
    largest = encoding.encode_bundle(replace(
        BUNDLE, legs=(full,) * bundle.MAX_LEGS, attestations=attestations,
        seizures=(SEIZURE,) * bundle.MAX_SEIZURES, conversions=(CONVERSION,) * bundle.MAX_CONVERSIONS,
    ))  # fmt: skip
    assert len(largest) == encoding.MAX_BUNDLE_BYTES
    one = encoding.encode_bundle(replace(BUNDLE, seizures=(), conversions=()))
    assert len(encoding.encode_bundle(BUNDLE)) - len(one) == seizureencoding.SEIZURE_BYTES + 193


ATTESTATIONS_BYTES = 1 + 2 * 97


@pytest.mark.parametrize("spoil, complaint", [
    (lambda tail: tail[:-1], "ends inside the attestation 2"),
    (lambda tail: tail[:-97], "ends inside the mark of attestation 2"),
    (lambda tail: tail + b"\0", "followed by 1 bytes too many"),
    (lambda tail: b"\2" + tail[1:], "mark of attestation 0 is above 1"),
    (lambda tail: tail[:-1] + b"\xff", None),
    (lambda tail: tail[:-32] + bytes([255] * 32), "attestation 2: s is not below"),
    (lambda tail: tail[:2] + bytes(63) + bytes([1]) + tail[66:], "attestation 1: R is the identity"),
])
def test_a_bundle_has_an_attestation_for_each_flow_and_each_leg_of_the_insurance(spoil, complaint):
    data = encoding.encode_bundle(BUNDLE)
    head, tail = data[:-ATTESTATIONS_BYTES], data[-ATTESTATIONS_BYTES:]
    assert tail[:2] == b"\0\1"
    if complaint is None:  # another signature, which only its verification can refuse
        assert encoding.encode_bundle(encoding.decode_bundle(head + spoil(tail))) == head + spoil(tail)
        return
    with pytest.raises(FormatError, match=complaint):
        encoding.decode_bundle(head + spoil(tail))


@pytest.mark.parametrize("version, lacks", [(b"1", "without references"), (b"2", "in which held assets could be owed")])
def test_the_old_formats_are_refused_with_what_they_lack(version, lacks):
    for decode, data in [
        (encoding.decode_bundle, b"zkB" + version + encoding.encode_bundle(BUNDLE)[4:]),
        (encoding.decode_leg, b"zkL" + version + encoding.encode_leg(LEG)[4:]),
    ]:
        with pytest.raises(FormatError, match=f"has the old format zk[BL]{version.decode()}, {lacks}: make it again"):
            decode(data)


def test_a_condition_is_refused_until_conditions_exist():
    data = bytearray(encoding.encode_bundle(BUNDLE))
    data[-97 - ATTESTATIONS_BYTES] = 1
    with pytest.raises(FormatError, match="condition"):
        encoding.decode_bundle(bytes(data))


def test_a_wallets_ciphertext_has_the_length_that_a_leg_requires():
    from prover.trader import sealing

    assert sealing.SEALED_BYTES == bundle.CIPHERTEXT_BYTES
    assert bn254.G1_BYTES * 2 + bn254.G2_BYTES == 256
