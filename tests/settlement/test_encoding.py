"""One encoding: decoding undoes encoding, encoding undoes decoding, and no other bytes are accepted."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits.statements import leg as leg_statement
from settlement import bundle, digests, encoding
from settlement.bundle import Bundle, Flow, Leg, Margin
from tests.settlement import samples
from zk.curves import babyjubjub, bn254
from zk.errors import FormatError
from zk.fields.prime import P, R
from zk.signature import Signature

elements = st.sampled_from([0, 1, R - 1]) | st.integers(0, R - 1)
digest_bytes = st.binary(min_size=32, max_size=32)
points = st.integers(1, 50).map(lambda k: babyjubjub.multiply(k, babyjubjub.BASE8))
signatures = st.builds(Signature, points, st.integers(0, babyjubjub.ORDER - 1))
amounts = st.integers(-bundle.MAX_AMOUNT, bundle.MAX_AMOUNT).filter(bool)
references = st.binary(min_size=1, max_size=bundle.MAX_REFERENCE_BYTES)
flows = st.builds(Flow, st.integers(0, 7), amounts, st.binary(max_size=bundle.MAX_PARTY_BYTES), references)
epochs = st.integers(0, bundle.MAX_EPOCH)
margins = st.builds(Margin, digest_bytes, elements, epochs, st.just(0), st.just(samples.PROOF))
ciphertexts = st.binary(min_size=bundle.CIPHERTEXT_BYTES, max_size=bundle.CIPHERTEXT_BYTES)


@st.composite
def legs(draw) -> Leg:
    margin = draw(st.none() | margins)
    cash = 0 if margin else draw(st.integers(0, 1))
    public = leg_statement.Public(
        draw(elements), draw(elements), draw(elements.filter(bool)), *draw(points), *draw(points), cash
    )
    return Leg(
        draw(digest_bytes), public, samples.PROOF, margin, tuple(draw(st.lists(flows, max_size=3))),
        draw(st.integers(0, bundle.MAX_EXPIRY_MS)), tuple(draw(st.lists(ciphertexts, max_size=2))), draw(signatures),
    )


@st.composite
def bundles(draw) -> Bundle:
    made = tuple(draw(st.lists(legs(), min_size=1, max_size=3)))
    attestations = tuple(draw(st.none() | signatures) for leg in made for _ in leg.flows)
    return Bundle(draw(digest_bytes), made, draw(signatures), attestations)


PUBLIC = leg_statement.Public(1, 2, 3, *babyjubjub.BASE8, *babyjubjub.BASE8, 0, 0)
MARGIN = Margin(bytes(32), 4, 5, 0, samples.PROOF)
FLOW = Flow(1, -2, b"ab", b"ref")
LEG = Leg(bytes(range(32)), PUBLIC, samples.PROOF, MARGIN, (FLOW,), 6, (bytes(210),), samples.UNSIGNED)
BUNDLE = Bundle(bytes(32), (LEG, replace(LEG, margin=None)), samples.UNSIGNED, (None, samples.UNSIGNED))
BUNDLE_HEAD = encoding.BUNDLE_MAGIC + bytes(32) + bytes([1])  # of a bundle with one leg


@settings(max_examples=60, deadline=None)
@given(bundles())
def test_a_bundle_comes_back_from_its_bytes(whole):
    assert encoding.decode_bundle(encoding.encode_bundle(whole)) == whole


@settings(max_examples=60, deadline=None)
@given(legs())
def test_a_leg_comes_back_from_its_bytes(leg):
    assert encoding.decode_leg(encoding.encode_leg(leg)) == leg


@settings(max_examples=250, deadline=None)
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


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=1200), st.booleans())
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


@settings(max_examples=400, deadline=None)
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
    ({"cash": 2}, "cash mark is above 1"),
    ({"cash": 1}, "a cash leg and has a margin proof"),
]


@pytest.mark.parametrize("changes, complaint", LIES)
def test_an_invalid_public_input_is_refused_by_name(changes, complaint):
    with pytest.raises(FormatError, match=complaint):
        encoding.decode_leg(encoding.encode_leg(replace(LEG, public=replace(PUBLIC, **changes))))


MORE_LIES = [
    ({"flows": (Flow(8, 1, b"", b"ref"),)}, "the leg: the asset of flow 0 is above 7"),
    ({"flows": (Flow(0, 0, b"", b"ref"),)}, "the amount of flow 0 is zero"),
    ({"flows": (Flow(0, -(2**63), b"", b"ref"),)}, "more than 2\\^63 - 1 in size"),
    ({"flows": (Flow(0, 1, bytes(65), b"ref"),)}, "the party length of flow 0 is above 64"),
    ({"flows": (Flow(0, 1, b"", bytes(65)),)}, "the reference length of flow 0 is above 64"),
    ({"flows": (Flow(0, 1, b"", b""),)}, "flow 0 has no reference"),
    ({"expiry_ms": 2**63}, "expiry is above"),
    ({"margin": replace(MARGIN, guardian=1)}, "guardian"),
    ({"margin": replace(MARGIN, guardian=R)}, "guardian is not below"),
    ({"margin": replace(MARGIN, grid_root=R)}, "grid root is not below"),
    ({"margin": replace(MARGIN, epoch=2**63)}, "epoch is above"),
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


@pytest.mark.parametrize("margin", [False, True])
@pytest.mark.parametrize("place, written, complaint", PROOF_LIES)
def test_an_invalid_point_of_a_proof_is_refused(place, written, complaint, margin):
    data = bytearray(encoding.encode_leg(LEG))
    start = len(encoding.encode_body(LEG)) + place + (256 if margin else 0)
    data[start : start + len(written)] = written
    with pytest.raises(FormatError, match=complaint):
        encoding.decode_leg(bytes(data))


def test_a_point_of_a_proof_outside_the_subgroup_of_g2_is_refused():
    from tests.settlement import twist

    data = bytearray(encoding.encode_leg(LEG))
    start = len(encoding.encode_body(LEG)) + 64
    data[start : start + 128] = twist.point_outside_the_subgroup()
    with pytest.raises(FormatError, match="subgroup"):
        encoding.decode_leg(bytes(data))


@pytest.mark.parametrize("changes, complaint", [
    ({"flows": (FLOW,) * 17}, "has 17 flows, more than 16"),
    ({"ciphertexts": (bytes(210),) * 3}, "has 3 ciphertexts, more than 2"),
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
    for data in (bytes([200]) * 500, b"PK\3\4" + bytes([200]) * 500, b"zkL2" + bytes([200]) * 500):
        with pytest.raises(FormatError, match="^the bundle does not start with zkB2$") as refused:
            encoding.decode_bundle(data)
        assert not isinstance(refused.value, encoding.LimitExceeded)


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
        ({"flows": (Flow(0, 1, b"", b"ref"), Flow(8, 1, b"", b"ref"))}, "the asset of flow 1 is above 7"),
        ({"signature": Signature(babyjubjub.BASE8, babyjubjub.ORDER)}, "the signature: s is not below"),
    ]:
        with pytest.raises(FormatError, match=f"^leg {number}: {complaint}"):
            encoding.decode_bundle(spoiled(**changes))


def test_a_leg_that_is_cut_short_is_named_with_the_field_it_ends_in():
    leg = encoding.encode_leg(LEG)[: 7 + 32 + 32 + 5]
    with pytest.raises(FormatError, match="^leg 0 ends inside the nullifier$"):
        encoding.decode_bundle(BUNDLE_HEAD + len(leg).to_bytes(2, "big") + leg)
    with pytest.raises(FormatError, match="^the bundle ends inside the bytes of leg 0$"):
        encoding.decode_bundle(BUNDLE_HEAD + (len(leg) + 1).to_bytes(2, "big") + leg)


def test_the_largest_leg_and_the_largest_bundle_are_as_large_as_the_limits_say():
    flows = (Flow(0, 1, bytes(64), bytes(64)),) * bundle.MAX_FLOWS
    full = replace(LEG, flows=flows, ciphertexts=(bytes(210),) * 2)
    assert len(encoding.encode_leg(full)) == encoding.MAX_LEG_BYTES
    attestations = (samples.UNSIGNED,) * bundle.MAX_BUNDLE_FLOWS
    largest = encoding.encode_bundle(replace(BUNDLE, legs=(full,) * bundle.MAX_LEGS, attestations=attestations))
    assert len(largest) == encoding.MAX_BUNDLE_BYTES


ATTESTATIONS_BYTES = 1 + 97


@pytest.mark.parametrize("spoil, complaint", [
    (lambda tail: tail[:-1], "ends inside the attestation 1"),
    (lambda tail: tail[:-97], "ends inside the mark of attestation 1"),
    (lambda tail: tail + b"\0", "followed by 1 bytes too many"),
    (lambda tail: b"\2" + tail[1:], "mark of attestation 0 is above 1"),
    (lambda tail: tail[:-1] + b"\xff", None),
    (lambda tail: tail[:-32] + bytes([255] * 32), "attestation 1: s is not below"),
    (lambda tail: tail[:2] + bytes(63) + bytes([1]) + tail[66:], "attestation 1: R is the identity"),
])
def test_the_attestations_of_a_bundle_are_one_for_each_flow_and_strict(spoil, complaint):
    data = encoding.encode_bundle(BUNDLE)
    head, tail = data[:-ATTESTATIONS_BYTES], data[-ATTESTATIONS_BYTES:]
    assert tail[:2] == b"\0\1"
    if complaint is None:  # another signature, which only its verification can refuse
        assert encoding.encode_bundle(encoding.decode_bundle(head + spoil(tail))) == head + spoil(tail)
        return
    with pytest.raises(FormatError, match=complaint):
        encoding.decode_bundle(head + spoil(tail))


@pytest.mark.parametrize("decode, data", [
    (encoding.decode_bundle, b"zkB1" + encoding.encode_bundle(BUNDLE)[4:]),
    (encoding.decode_leg, b"zkL1" + encoding.encode_leg(LEG)[4:]),
])
def test_the_old_formats_are_refused_with_what_they_lack(decode, data):
    with pytest.raises(FormatError, match="has the old format zk[BL]1, without references: make it again"):
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
