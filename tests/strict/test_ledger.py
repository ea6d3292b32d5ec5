"""Every lie about a point is refused in the proofs of a leg and the keys of a pool, in the same words."""

import pytest

from circuits.statements import leg as leg_statement
from settlement.bundles import encoding
from settlement.bundles.bundle import NO_DIGEST, Bundle, Escrow, Leg, Margin, Seizure, SeizurePublic
from settlement.ids import LedgerId
from settlement.pool import poolfile
from tests.settlement.bundles import samples
from tests.strict import forms, lies
from tests.strict.lies import PointLie
from zk.curves import babyjubjub, bn254
from zk.errors import FormatError
from zk.groth16 import keys
from zk.groth16.keys import VerifyingKey

PROOF, KEY = samples.PROOF, samples.LEG_KEY.verifying


def data(coordinates: tuple[int, ...]) -> bytes:
    """The bytes of a point: in G2 the imaginary part of a coordinate comes first."""
    ordered = coordinates if len(coordinates) == 2 else [coordinates[i] for i in (1, 0, 3, 2)]
    return b"".join(c.to_bytes(32, "big") for c in ordered)


def changed(whole: bytes, point, lie: PointLie) -> bytes:
    """The bytes with the lie in place of the point."""
    honest = data(lies.flat(point))
    assert whole.count(honest) == 1
    return whole.replace(honest, data(lie.coordinates))


def lies_about(**points) -> list:
    """Every lie about every one of these points."""
    return [pytest.param(name, point, lie, id=f"{name}: {lie.name}")
            for name, point in points.items() for lie in lies.of(point)]  # fmt: skip


PROOF_LIES = lies_about(a=forms.proof().a, b=forms.proof().b, c=forms.proof().c)
KEY_LIES = lies_about(
    alpha=KEY.alpha_g1, beta=KEY.beta_g2, gamma=KEY.gamma_g2, delta=KEY.delta_g2, ic_0=KEY.ic[0], ic_8=KEY.ic[8]
)


def leg_with(place: str) -> Leg:
    """A leg with the proof that is lied about in this place, and others elsewhere."""
    proof, escrow, margin = (forms.proof() if place == name else PROOF for name in ("leg", "escrow", "margin"))
    public = leg_statement.Public(1, 2, 3, *babyjubjub.BASE8, *babyjubjub.BASE8, 1, 0, 0, 0)
    return Leg(
        bytes(32), public, proof, Escrow(bytes(32), babyjubjub.BASE8, tuple(range(8)), escrow),
        Margin(bytes(32), 5, margin), (), 6, NO_DIGEST, NO_DIGEST, (), False, samples.UNSIGNED,
    )  # fmt: skip


def bundle_with(place: str) -> bytes:
    public = SeizurePublic(1, 2, 3, *babyjubjub.BASE8, 4)
    proof = forms.proof() if place == "seizure" else PROOF
    seizure = Seizure(bytes(32), public, 5, proof, 6, bytes([1] * 32), samples.UNSIGNED)
    whole = Bundle(LedgerId(bytes(32)), (leg_with(place),), (seizure,), (), samples.UNSIGNED, ())
    return encoding.encode_bundle(whole)


PLACES = {"leg": "leg 0: the proof", "escrow": "leg 0: the escrow proof", "margin": "leg 0: the margin proof",
          "seizure": "seizure 0: the proof"}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name, point, lie", PROOF_LIES)
def test_a_bundle_with_a_lie_in_a_proof_is_refused(name, point, lie, place):
    honest = bundle_with(place)
    assert encoding.encode_bundle(encoding.decode_bundle(honest)) == honest
    with pytest.raises(FormatError, match=f"{PLACES[place]}: {name}.*{lie.said}"):
        encoding.decode_bundle(changed(honest, point, lie))


@pytest.mark.parametrize("name, point, lie", KEY_LIES)
def test_a_pool_with_a_lie_in_a_key_is_refused(name, point, lie):
    honest = keys.encode_verifying_key(KEY)
    text = poolfile.encode(samples.pool())
    assert text.count(honest.hex().encode()) == 1
    lying = text.replace(honest.hex().encode(), changed(honest, point, lie).hex().encode())
    with pytest.raises(FormatError, match=f"leg.verifying: {name.replace('_', ' ')}.*{lie.said}"):
        poolfile.decode(lying)


@pytest.mark.parametrize("length", [0, 1, 447, 448, 511, 513, 448 + 64 * (keys.MAX_PUBLIC + 2)])
def test_a_key_of_an_impossible_length_is_refused(length):
    with pytest.raises(FormatError, match=f"the verifying key has {length} bytes"):
        keys.decode_verifying_key(bytes(length))


@pytest.mark.parametrize("length", [0, 255, 257])
def test_a_proof_of_another_length_is_refused(length):
    with pytest.raises(FormatError, match=f"the proof has {length} bytes instead of 256"):
        keys.decode_proof(bytes(length))


def test_a_key_made_in_python_is_checked_like_one_that_is_read():
    for delta in (KEY.gamma_g2, bn254.negate(KEY.gamma_g2)):
        with pytest.raises(FormatError, match="delta = ±gamma"):
            VerifyingKey(KEY.alpha_g1, KEY.beta_g2, KEY.gamma_g2, delta, KEY.ic)
    for ic in ((), KEY.ic[:1] * (keys.MAX_PUBLIC + 2)):
        with pytest.raises(FormatError, match=f"has {len(ic)} points in ic"):
            VerifyingKey(KEY.alpha_g1, KEY.beta_g2, KEY.gamma_g2, KEY.delta_g2, ic)
