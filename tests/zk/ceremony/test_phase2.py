"""Verification of contributions to a key: each case is a key with a single defect."""

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
from zk.formats import ptau, r1csfile, zkeycontributions, zkeyfile
from zk.formats.attribution import Attribution, Beacon
from zk.formats.zkeycontributions import Ceremony
from zk.formats.zkeyfile import KeyFile
from zk.msm import membership, pointwise
from zk.runtime.progress import silent

BEACON, ITERATIONS_EXP = b"\1\2\3", 10


def circuit() -> r1csfile.CircuitTerms:
    return r1csfile.decode_terms(toy_ceremony.r1cs())


def powers() -> ptau.Powers:
    return ptau.decode(toy_ceremony.ptau())


@cache
def keys() -> tuple[KeyFile, ...]:
    """The key before phase 2, after one contribution, after two, and after a beacon."""
    initial = initial_key.make(circuit(), powers())
    first = phase2.contribute(initial, "Ada", b"some text")
    second = phase2.contribute(first, None)
    return initial, first, second, phase2.beacon(second, BEACON, ITERATIONS_EXP, "the beacon")


def multiplied(key: KeyFile, factor: int) -> KeyFile:
    """The key with another δ, as after a contribution that was not recorded."""

    def divided(points):
        return pointwise.multiply(points, np.repeat(array.plain([pow(factor, -1, R)]), len(points), axis=0))

    header = key.header
    delta_g1, delta_g2 = (bn254.multiply(factor, delta) for delta in (header.delta_g1, header.delta_g2))
    header = replace(header, delta_g1=delta_g1, delta_g2=delta_g2)
    return replace(key, header=header, l_query=divided(key.l_query), h_query=divided(key.h_query))


def contributed(of: KeyFile, number: int, **changes) -> KeyFile:
    """The key with one contribution changed."""
    contributions = list(of.ceremony.contributions)
    contributions[number] = replace(contributions[number], **changes)
    return replace(of, ceremony=replace(of.ceremony, contributions=tuple(contributions)))


def changed(points: np.ndarray, place: int, by: int = 1) -> np.ndarray:
    """The points with a multiple of the generator added to one of them."""
    rows = np.array(points)
    group, generator = (g1, bn254.G1) if rows.ndim == 3 else (g2, bn254.G2)
    [point] = group.decode(rows[place : place + 1])
    rows[place] = group.encode([bn254.add(point, bn254.multiply(by, generator))])[0]
    return rows


def test_a_key_verifies_after_every_contribution():
    for key in keys():
        phase2check.verify(key, circuit(), powers())


def test_a_key_verifies_from_any_earlier_one():
    for i, initial in enumerate(keys()):
        for key in keys()[i:]:
            phase2check.verify_from(key, initial, powers())


def test_a_contribution_changes_only_delta_c_and_h():
    before, after = keys()[:2]
    for name in ("ic", "terms", "a_query", "b_g1_query", "b_g2_query"):
        assert getattr(before, name) is getattr(after, name)
    assert replace(after.header, delta_g1=before.header.delta_g1, delta_g2=before.header.delta_g2) == before.header
    assert after.header.delta_g1 == after.ceremony.contributions[0].delta_g1 != before.header.delta_g1


def test_a_beacon_is_deterministic_and_a_secret_is_not():
    def written(key: KeyFile) -> bytes:
        file = io.BytesIO()
        zkeyfile.write(file, key)
        return file.getvalue()

    again = phase2.beacon(keys()[2], BEACON, ITERATIONS_EXP, "the beacon")
    assert written(again) == written(keys()[3])
    assert phase2.contribute(keys()[0], "Ada", b"some text").header != keys()[1].header


def test_the_transcript_is_the_hash_of_the_earlier_contributions_and_of_s_and_sx():
    first, second, _ = keys()[3].ceremony.contributions
    points = (second.proof.g1_s, second.proof.g1_sx)
    data = keys()[3].ceremony.circuit_hash + first.hashed() + b"".join(map(bn254.encode_g1, points))
    assert second.transcript == hashlib.blake2b(data).digest()
    assert second.hash() == hashlib.blake2b(second.hashed()).digest()


def _false_beacon() -> KeyFile:
    """A last contribution with the beacon's s but another secret."""
    before, seed = keys()[2], chacha.beacon_seed(BEACON, ITERATIONS_EXP)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chacha.Draws, "scalar", lambda self: self._field(R) and 12345)
        return phase2._contribute(before, Attribution(None, Beacon(BEACON, ITERATIONS_EXP)), lambda: seed, silent)


def by_secret(*secrets: int) -> KeyFile:
    """A key with contributions of these secrets; a single one follows an honest contribution."""
    key = keys()[0 if secrets[1:] else 1]
    for secret in secrets:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(phase2.Draws, "scalar", lambda self, secret=secret: secret)
            key = phase2.contribute(key, "Mallory")
    return key


def _another_multiple() -> KeyFile:
    """A last contribution that multiplied δ by twice the proven secret."""
    key = multiplied(keys()[2], 2)
    return contributed(key, 1, delta_g1=key.header.delta_g1)


def _on_another_hash() -> KeyFile:
    """A valid ceremony of a key that claims another circuit."""
    return phase2.contribute(replace(keys()[0], ceremony=Ceremony(bytes(64))))


def _header(**points) -> KeyFile:
    return replace(keys()[3], header=replace(keys()[3].header, **points))


def _without(number: int) -> KeyFile:
    chain = keys()[3].ceremony.contributions
    return replace(keys()[3], ceremony=replace(keys()[3].ceremony, contributions=chain[:number] + chain[number + 1 :]))


def _proof(**changes) -> KeyFile:
    """The key after two contributions, with a changed proof of knowledge in the last one."""
    return contributed(keys()[2], 1, proof=replace(keys()[2].ceremony.contributions[1].proof, **changes))


LAST = 2
OTHER1, OTHER2 = bn254.multiply(99, bn254.G1), bn254.multiply(99, bn254.G2)
DIFFERS = "the key does not match the circuit and the powers of tau: "
LIES = {
    "wires": (lambda: _header(num_wires=10), DIFFERS + "the number of wires differs"),
    "public": (lambda: _header(num_public=1), DIFFERS + "the number of public inputs differs"),
    "domain": (lambda: _header(log_size=4), DIFFERS + "the domain differs"),
    "alpha": (lambda: _header(alpha_g1=OTHER1), DIFFERS + "alpha differs"),
    "beta": (lambda: _header(beta_g1=OTHER1), DIFFERS + "beta in G1 differs"),
    "beta2": (lambda: _header(beta_g2=OTHER2), DIFFERS + "beta in G2 differs"),
    "gamma": (lambda: _header(gamma_g2=OTHER2), DIFFERS + "gamma differs"),
    "delta": (lambda: multiplied(keys()[3], 2), "the key: delta in G1 is not the last contribution's"),
    "delta2": (lambda: _header(delta_g2=OTHER2), "the key: delta in G2 differs from delta in G1"),
    "ic": (lambda: replace(keys()[3], ic=changed(keys()[3].ic, 1)), DIFFERS + "ic differ"),
    "terms": (lambda: replace(keys()[3], terms=keys()[3].terms[:-1] + b"\0"), DIFFERS + "the terms of A and B differ"),
    "fewer terms": (lambda: replace(keys()[3], terms=keys()[3].terms[:-44]), DIFFERS + "the terms of A and B differ"),
    "a": (lambda: replace(keys()[3], a_query=changed(keys()[3].a_query, 0)), DIFFERS + "the points a differ"),
    "b_g1_query": (
        lambda: replace(keys()[3], b_g1_query=changed(keys()[3].b_g1_query, 8)), DIFFERS + "the points b in G1 differ"),
    "b_g2_query": (
        lambda: replace(keys()[3], b_g2_query=changed(keys()[3].b_g2_query, 8)), DIFFERS + "the points b in G2 differ"),
    "c": (lambda: replace(keys()[3], l_query=changed(keys()[3].l_query, 0)), "the points c of the key are not"),
    "c, whose sum is right": (
        lambda: replace(keys()[3], l_query=changed(changed(keys()[3].l_query, 0), 1, -1)),
        "the points c of the key are not"),
    "h": (lambda: replace(keys()[3], h_query=changed(keys()[3].h_query, 7)), "the points h of the key are not"),
    "circuit hash": (_on_another_hash, DIFFERS + "the circuit hash differs"),
    "no first contribution": (lambda: _without(0), "contribution 1: the transcript is not the hash"),
    "no second contribution": (lambda: _without(1), "contribution 2: the transcript is not the hash"),
    "no last contribution": (lambda: _without(LAST), "the key: delta in G1 is not the last contribution's"),
    "transcript": (
        lambda: contributed(keys()[3], LAST, transcript=bytes(64)), "contribution 3: the transcript is not the hash"),
    "an earlier delta": (
        lambda: contributed(keys()[3], 0, delta_g1=OTHER1), "contribution 1: delta is not multiplied by"),
    "another multiple": (_another_multiple, "contribution 2: delta is not multiplied by the proven secret"),
    "no knowledge": (lambda: _proof(g2_spx=OTHER2), "contribution 2: the proof of knowledge is wrong"),
    "beacon": (
        lambda: contributed(keys()[3], LAST, attribution=Attribution(None, Beacon(b"\1\2\4", ITERATIONS_EXP))),
        "contribution 3: its secret is not the one that its beacon"),
    "iterations": (
        lambda: contributed(keys()[3], LAST, attribution=Attribution(None, Beacon(BEACON, ITERATIONS_EXP + 1))),
        "contribution 3: its secret is not the one that its beacon"),
    "a secret of 1": (lambda: by_secret(1), "contribution 2 multiplies delta by 1 or -1: it adds no secret"),
    "a secret of -1": (lambda: by_secret(R - 1), "contribution 2 multiplies delta by 1 or -1: it adds no secret"),
    "a beacon's s with another secret": (_false_beacon, "contribution 3: its secret is not the one that its beacon"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_a_key_with_a_single_defect_is_refused_with_its_reason(name):
    lie, why = LIES[name]
    with pytest.raises(InvalidProof) as refusal:
        phase2check.verify(lie(), circuit(), powers())
    assert why in str(refusal.value)


def test_invalid_points_are_refused_before_they_are_multiplied():
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
    """5 and then 1/5: each contribution is valid, but anybody can forge proofs under the key."""
    key = by_secret(5, pow(last, -1, R))
    assert len(phase2check.check_contributions(key.ceremony)) == 3
    for check, origin in ((phase2check.verify, circuit()), (phase2check.verify_from, keys()[0])):
        with pytest.raises(InvalidProof, match="the contributions cancel out, delta = ±gamma"):
            check(key, origin, powers())


def test_invalid_points_of_the_initial_key_are_refused():
    rows = np.array(keys()[1].l_query)
    rows[1] = np.frombuffer(test_zkey.OFF_CURVE, np.uint64).reshape(2, 4)
    with pytest.raises(FormatError, match="the initial key: the points c: point 1 is not on the curve"):
        phase2check.verify_from(keys()[2], replace(keys()[1], l_query=rows), powers())


def test_beacons_with_too_many_iterations_in_total_are_refused_before_any_is_hashed(monkeypatch):
    monkeypatch.setattr(chacha, "beacon_seed", None)
    one = replace(keys()[3].ceremony.contributions[LAST], attribution=Attribution(None, Beacon(BEACON, 25)))
    many = replace(keys()[3], ceremony=Ceremony(keys()[3].ceremony.circuit_hash, (one,) * 3))
    with pytest.raises(FormatError, match=r"2\^26 hashes, the limit \(the largest beacon has 2\^25 iterations\)"):
        phase2check.verify(many, circuit(), powers())


def test_a_beacon_with_too_many_iterations_is_refused():
    bad = contributed(keys()[3], LAST, attribution=Attribution(None, Beacon(BEACON, 27)))
    with pytest.raises(FormatError, match=r"2\^26 hashes, the limit \(the largest beacon has 2\^27 iterations\)"):
        phase2check.verify(bad, circuit(), powers())


def test_an_initial_key_must_be_an_earlier_key_of_the_same_ceremony():
    other = phase2.contribute(keys()[0], "Bob")
    for initial in (other, keys()[3]):
        with pytest.raises(InvalidProof, match="of the initial key are not the first contributions of the key"):
            phase2check.verify_from(keys()[2], initial, powers())
    with pytest.raises(InvalidProof, match="the initial key: delta in G1 is not the last contribution's"):
        phase2check.verify_from(keys()[2], multiplied(keys()[1], 2), powers())
    wrong = replace(keys()[1], header=replace(keys()[1].header, delta_g2=OTHER2))
    with pytest.raises(InvalidProof, match="the initial key: delta in G2 differs from delta in G1"):
        phase2check.verify_from(keys()[2], wrong, powers())


def test_verification_from_an_initial_key_still_compares_h_with_the_powers():
    """Both keys have the same wrong points h."""
    twice = np.repeat(array.plain([2]), 8, axis=0)
    wrong = [replace(key, h_query=pointwise.multiply(key.h_query, twice)) for key in keys()[:2]]
    with pytest.raises(InvalidProof, match="the points h of the key are not"):
        phase2check.verify_from(wrong[1], wrong[0], powers())


def test_a_key_without_private_wires_has_no_points_c():
    rows = [([(0, 1)], [(1, 1)], [(2, 1)])]
    listing = r1csfile.decode_terms(toy_ceremony.r1cs(rows, wires=3))
    key = phase2.contribute(initial_key.make(listing, powers()))
    assert len(key.l_query) == 0
    phase2check.verify(key, listing, powers())


@pytest.mark.parametrize("change, why", [
    (lambda key: phase2.contribute(key, "x" * 65), "name must be text of at most 64 letters"),
    (lambda key: phase2.contribute(key, None, b"x" * 65537), "the entropy text has 65537 bytes"),
    (lambda key: phase2.beacon(key, b"", 10), "the beacon has 0 bytes"),
    (lambda key: phase2.beacon(key, bytes(256), 10), "the beacon has 256 bytes"),
    (lambda key: phase2.beacon(key, b"\1", 9), "2\\^9 iterations"),
    (lambda key: phase2.beacon(key, b"\1", 64), "2\\^64 iterations"),
    (lambda key: phase2.beacon(key, b"\1", 27), "the limit is 2\\^26"),
])  # fmt: skip
def test_an_impossible_contribution_is_refused(change, why):
    with pytest.raises(FormatError, match=why):
        change(keys()[0])


def test_the_secret_depends_on_the_text_too(monkeypatch):
    monkeypatch.setattr(entropy, "token", bytes)
    assert chacha.secret_seed(b"a") == chacha.secret_seed(b"a") != chacha.secret_seed(b"b")


def test_a_full_key_is_refused_before_its_points_are_checked(monkeypatch):
    monkeypatch.setattr(zkeycontributions, "MAX_CONTRIBUTIONS", 3)
    monkeypatch.setattr(membership, "check_g1", lambda *arguments: pytest.fail("the points were checked"))
    with pytest.raises(FormatError, match="the key has 3 contributions already, the limit"):
        phase2.contribute(keys()[3])
