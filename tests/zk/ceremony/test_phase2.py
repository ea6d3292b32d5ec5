"""Contributions to a key are checked: each lie is told in a key in which everything else is right."""

import hashlib
import io
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.zk.ceremony import toy_ceremony
from tests.zk.formats import test_zkey
from zk import entropy
from zk.ceremony import chacha, initial_key, phase2, phase2check
from zk.curves import bn254, g1, g2
from zk.errors import FormatError, InvalidProof
from zk.fields import array
from zk.fields.prime import R
from zk.formats import ptau, r1csfile, zkeyfile
from zk.formats.attribution import Attribution, Beacon
from zk.formats.zkeycontributions import Ceremony
from zk.formats.zkeyfile import KeyFile
from zk.msm import pointwise

BEACON, EXPONENT = b"\1\2\3", 10


def circuit() -> r1csfile.CircuitTerms:
    return r1csfile.decode_terms(toy_ceremony.r1cs())


def powers() -> ptau.Powers:
    return ptau.decode(toy_ceremony.ptau())


@cache
def keys() -> tuple[KeyFile, ...]:
    """The key before phase 2, after one contribution, after two, and after a beacon."""
    made = [initial_key.make(circuit(), powers())]
    made.append(phase2.contribute(made[-1], "Ada", b"some text"))
    made.append(phase2.contribute(made[-1], None))
    made.append(phase2.beacon(made[-1], BEACON, EXPONENT, "the beacon"))
    return tuple(made)


def multiplied(key: KeyFile, factor: int) -> KeyFile:
    """The key with another δ, as a contribution that is nowhere written would leave it."""

    def divided(points):
        return pointwise.multiply(points, np.repeat(array.plain([pow(factor, -1, R)]), len(points), axis=0))

    header = key.header
    delta_g1, delta_g2 = (bn254.multiply(factor, delta) for delta in (header.delta_g1, header.delta_g2))
    header = replace(header, delta_g1=delta_g1, delta_g2=delta_g2)
    return replace(key, header=header, l_query=divided(key.l_query), h_query=divided(key.h_query))


def contributed(of: KeyFile, number: int, **changes) -> KeyFile:
    """The key with one contribution changed."""
    found = list(of.ceremony.contributions)
    found[number] = replace(found[number], **changes)
    return replace(of, ceremony=replace(of.ceremony, contributions=tuple(found)))


def changed(points: np.ndarray, place: int, by: int = 1) -> np.ndarray:
    """The points with one of them moved by a multiple of the generator."""
    rows = np.array(points)
    door, generator = (g1, bn254.G1) if rows.ndim == 3 else (g2, bn254.G2)
    [point] = door.decode(rows[place : place + 1])
    rows[place] = door.encode([bn254.add(point, bn254.multiply(by, generator))])[0]
    return rows


def test_what_was_contributed_to_verifies_at_every_stage():
    for key in keys():
        phase2check.verify(key, circuit(), powers())


def test_a_key_verifies_from_any_earlier_one():
    for i, initial in enumerate(keys()):
        for key in keys()[i:]:
            phase2check.verify_from(key, initial, powers())


def test_a_contribution_divides_c_and_h_and_multiplies_delta_and_nothing_else():
    before, after = keys()[:2]
    for name in ("ic", "terms", "a_query", "b_g1_query", "b_g2_query"):
        assert getattr(before, name) is getattr(after, name)
    assert replace(after.header, delta_g1=before.header.delta_g1, delta_g2=before.header.delta_g2) == before.header
    assert after.header.delta_g1 == after.ceremony.contributions[0].delta_g1 != before.header.delta_g1


def test_a_beacon_gives_everybody_the_same_bytes_and_a_secret_does_not():
    def written(key: KeyFile) -> bytes:
        file = io.BytesIO()
        zkeyfile.write(file, key)
        return file.getvalue()

    again = phase2.beacon(keys()[2], BEACON, EXPONENT, "the beacon")
    assert written(again) == written(keys()[3])
    assert phase2.contribute(keys()[0], "Ada", b"some text").header != keys()[1].header


def test_the_transcript_is_the_hash_of_all_before_and_of_the_new_secret():
    first, second, _ = keys()[3].ceremony.contributions
    points = (second.key.g1_s, second.key.g1_sx)
    data = keys()[3].ceremony.circuit_hash + first.hashed() + b"".join(map(bn254.encode_g1, points))
    assert second.transcript == hashlib.blake2b(data).digest()
    assert second.hash() == hashlib.blake2b(second.hashed()).digest()


def _false_beacon() -> KeyFile:
    """A last contribution with the beacon's s and another secret."""
    before, seed = keys()[2], chacha.beacon_seed(BEACON, EXPONENT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chacha.Draws, "scalar", lambda self: self._field(R) and 12345)
        return phase2._contribute(before, Attribution(None, Beacon(BEACON, EXPONENT)), lambda: seed, lambda d, t: None)


def by_secret(*secrets: int) -> KeyFile:
    """A key with contributions of these secrets, behind a person's own unless there are several."""
    key = keys()[0 if secrets[1:] else 1]
    for secret in secrets:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(phase2.Draws, "scalar", lambda self, secret=secret: secret)
            key = phase2.contribute(key, "Mallory")
    return key


def _another_multiple() -> KeyFile:
    """A last contribution that multiplied δ by twice the secret that it proves."""
    key = multiplied(keys()[2], 2)
    return contributed(key, 1, delta_g1=key.header.delta_g1)


def _on_another_hash() -> KeyFile:
    """A right ceremony for a key that says to be of another circuit."""
    return phase2.contribute(replace(keys()[0], ceremony=Ceremony(bytes(64))))


def _header(**points) -> KeyFile:
    return replace(keys()[3], header=replace(keys()[3].header, **points))


def _without(number: int) -> KeyFile:
    found = keys()[3].ceremony.contributions
    return replace(keys()[3], ceremony=replace(keys()[3].ceremony, contributions=found[:number] + found[number + 1 :]))


def _proof(**changes) -> KeyFile:
    """The key after two contributions, the last one's proof of knowledge changed."""
    return contributed(keys()[2], 1, key=replace(keys()[2].ceremony.contributions[1].key, **changes))


LAST = 2
OTHER1, OTHER2 = bn254.multiply(99, bn254.G1), bn254.multiply(99, bn254.G2)
DIFFERS = "the key is not that of the circuit and the powers of tau: "
LIES = {
    "wires": (lambda: _header(num_wires=10), DIFFERS + "the number of wires differs"),
    "public": (lambda: _header(num_public=1), DIFFERS + "the number of public inputs differs"),
    "domain": (lambda: _header(log_size=4), DIFFERS + "the domain differs"),
    "alpha": (lambda: _header(alpha_g1=OTHER1), DIFFERS + "alpha differs"),
    "beta": (lambda: _header(beta_g1=OTHER1), DIFFERS + "beta in G1 differs"),
    "beta2": (lambda: _header(beta_g2=OTHER2), DIFFERS + "beta in G2 differs"),
    "gamma": (lambda: _header(gamma_g2=OTHER2), DIFFERS + "gamma differs"),
    "delta": (lambda: multiplied(keys()[3], 2), "the key: delta in G1 is not that of the last contribution"),
    "delta2": (lambda: _header(delta_g2=OTHER2), "the key: delta in G2 is not that in G1"),
    "ic": (lambda: replace(keys()[3], ic=changed(keys()[3].ic, 1)), DIFFERS + "ic differ"),
    "terms": (lambda: replace(keys()[3], terms=keys()[3].terms[:-1] + b"\0"), DIFFERS + "the terms of A and B differ"),
    "fewer terms": (lambda: replace(keys()[3], terms=keys()[3].terms[:-44]), DIFFERS + "the terms of A and B differ"),
    "a": (lambda: replace(keys()[3], a_query=changed(keys()[3].a_query, 0)), DIFFERS + "the points a differ"),
    "b_g1_query": (
        lambda: replace(keys()[3], b_g1_query=changed(keys()[3].b_g1_query, 8)), DIFFERS + "the points b in G1 differ"),
    "b_g2_query": (
        lambda: replace(keys()[3], b_g2_query=changed(keys()[3].b_g2_query, 8)), DIFFERS + "the points b in G2 differ"),
    "c": (lambda: replace(keys()[3], l_query=changed(keys()[3].l_query, 0)), "the points c of the key are not those"),
    "c, whose sum is right": (
        lambda: replace(keys()[3], l_query=changed(changed(keys()[3].l_query, 0), 1, -1)),
        "the points c of the key are not those"),
    "h": (lambda: replace(keys()[3], h_query=changed(keys()[3].h_query, 7)), "the points h of the key are not those"),
    "circuit hash": (_on_another_hash, DIFFERS + "the hash of the circuit differs"),
    "no first contribution": (lambda: _without(0), "contribution 1: the transcript is not that of"),
    "no second contribution": (lambda: _without(1), "contribution 2: the transcript is not that of"),
    "no last contribution": (lambda: _without(LAST), "the key: delta in G1 is not that of the last contribution"),
    "transcript": (
        lambda: contributed(keys()[3], LAST, transcript=bytes(64)), "contribution 3: the transcript is not that of"),
    "an earlier delta": (
        lambda: contributed(keys()[3], 0, delta_g1=OTHER1), "contribution 1: delta is not multiplied by"),
    "another multiple": (_another_multiple, "contribution 2: delta is not multiplied by its secret"),
    "no knowledge": (lambda: _proof(g2_spx=OTHER2), "contribution 2: the proof of knowledge is wrong"),
    "beacon": (
        lambda: contributed(keys()[3], LAST, attribution=Attribution(None, Beacon(b"\1\2\4", EXPONENT))),
        "contribution 3: its secret is not that of the beacon"),
    "iterations": (
        lambda: contributed(keys()[3], LAST, attribution=Attribution(None, Beacon(BEACON, EXPONENT + 1))),
        "contribution 3: its secret is not that of the beacon"),
    "a secret of 1": (lambda: by_secret(1), "contribution 2 leaves delta as it was: it adds no secret"),
    "a secret of -1": (lambda: by_secret(R - 1), "contribution 2 leaves delta as it was: it adds no secret"),
    "a beacon's s with another secret": (_false_beacon, "contribution 3: its secret is not that of the beacon"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_a_key_with_one_lie_in_it_is_refused_with_a_sentence(name):
    lie, why = LIES[name]
    with pytest.raises(InvalidProof) as refusal:
        phase2check.verify(lie(), circuit(), powers())
    assert why in str(refusal.value)


def test_points_that_are_none_are_refused_before_anything_is_multiplied_with_them():
    for name, query in (("c", "l_query"), ("h", "h_query")):
        rows = np.array(getattr(keys()[3], query))
        rows[1] = np.frombuffer(test_zkey.OFF_CURVE, np.uint64).reshape(2, 4)
        bad = replace(keys()[3], **{query: rows})
        with pytest.raises(FormatError, match=f"the points {name}: point 1 is not on the curve"):
            phase2check.verify(bad, circuit(), powers())
        with pytest.raises(FormatError, match=f"the points {name}: point 1 is not on the curve"):
            phase2.contribute(bad)


@pytest.mark.parametrize("last", [5, R - 5])
def test_a_key_whose_secrets_cancel_out_is_refused(last):
    """5 and then 1/5: each contribution is right, and anybody forges under the key."""
    key = by_secret(5, pow(last, -1, R))
    assert len(phase2check.check_contributions(key.ceremony)) == 3
    for check, origin in ((phase2check.verify, circuit()), (phase2check.verify_from, keys()[0])):
        with pytest.raises(InvalidProof, match="the contributions together leave delta = ±gamma"):
            check(key, origin, powers())


def test_points_of_the_initial_key_that_are_none_are_refused():
    rows = np.array(keys()[1].l_query)
    rows[1] = np.frombuffer(test_zkey.OFF_CURVE, np.uint64).reshape(2, 4)
    with pytest.raises(FormatError, match="the initial key: the points c: point 1 is not on the curve"):
        phase2check.verify_from(keys()[2], replace(keys()[1], l_query=rows), powers())


def test_beacons_that_take_too_long_together_are_refused_before_any_of_them(monkeypatch):
    monkeypatch.setattr(chacha, "beacon_seed", None)
    one = replace(keys()[3].ceremony.contributions[LAST], attribution=Attribution(None, Beacon(BEACON, 25)))
    many = replace(keys()[3], ceremony=Ceremony(keys()[3].ceremony.circuit_hash, (one,) * 3))
    with pytest.raises(FormatError, match=r"the beacons ask for more than 2\^26 hashes \(2\^25 for one\)"):
        phase2check.verify(many, circuit(), powers())


def test_a_beacon_that_takes_too_long_to_check_is_refused():
    bad = contributed(keys()[3], LAST, attribution=Attribution(None, Beacon(BEACON, 27)))
    with pytest.raises(FormatError, match=r"ask for more than 2\^26 hashes \(2\^27 for one\)"):
        phase2check.verify(bad, circuit(), powers())


def test_an_initial_key_must_be_an_earlier_one_of_the_same_ceremony():
    other = phase2.contribute(keys()[0], "Bob")
    for initial in (other, keys()[3]):
        with pytest.raises(InvalidProof, match="of the initial key are not the first of the key's"):
            phase2check.verify_from(keys()[2], initial, powers())
    with pytest.raises(InvalidProof, match="the initial key: delta in G1 is not that of the last contribution"):
        phase2check.verify_from(keys()[2], multiplied(keys()[1], 2), powers())
    wrong = replace(keys()[1], header=replace(keys()[1].header, delta_g2=OTHER2))
    with pytest.raises(InvalidProof, match="the initial key: delta in G2 is not that in G1"):
        phase2check.verify_from(keys()[2], wrong, powers())


def test_from_an_initial_key_h_is_still_that_of_the_powers():
    """Both keys have the same wrong h."""
    twice = np.repeat(array.plain([2]), 8, axis=0)
    wrong = [replace(key, h_query=pointwise.multiply(key.h_query, twice)) for key in keys()[:2]]
    with pytest.raises(InvalidProof, match="the points h of the key are not those"):
        phase2check.verify_from(wrong[1], wrong[0], powers())


def test_a_key_of_public_wires_only_has_no_c_to_divide():
    rows = [([(0, 1)], [(1, 1)], [(2, 1)])]
    listing = r1csfile.decode_terms(toy_ceremony.r1cs(rows, wires=3))
    key = phase2.contribute(initial_key.make(listing, powers()))
    assert len(key.l_query) == 0
    phase2check.verify(key, listing, powers())


@pytest.mark.parametrize("change, why", [
    (lambda key: phase2.contribute(key, "x" * 65), "name is not text of at most 64 letters"),
    (lambda key: phase2.contribute(key, None, b"x" * 65537), "the text has 65537 bytes"),
    (lambda key: phase2.beacon(key, b"", 10), "the beacon has 0 bytes"),
    (lambda key: phase2.beacon(key, bytes(256), 10), "the beacon has 256 bytes"),
    (lambda key: phase2.beacon(key, b"\1", 9), "2\\^9 iterations"),
    (lambda key: phase2.beacon(key, b"\1", 64), "2\\^64 iterations"),
    (lambda key: phase2.beacon(key, b"\1", 27), "and 2\\^26 is the limit"),
])  # fmt: skip
def test_what_cannot_be_written_is_not_begun(change, why):
    with pytest.raises(FormatError, match=why):
        change(keys()[0])


def test_the_secret_is_made_of_the_text_too(monkeypatch):
    monkeypatch.setattr(entropy, "token", bytes)
    assert chacha.secret_seed(b"a") == chacha.secret_seed(b"a") != chacha.secret_seed(b"b")
