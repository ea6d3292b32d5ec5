"""Invalid powers of tau: each case has one defect, and is refused with a message that names it."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.reference import bn254 as reference
from tests.zk.ceremony import ceremonies
from tests.zk.formats import iden3
from zk.ceremony import chacha, phase1, phase1check, preparation, proof_of_knowledge
from zk.curves import bn254, g1, g2
from zk.curves.bn254 import G2Point
from zk.errors import FormatError, InvalidProof
from zk.fields.prime import FR, P, R
from zk.formats import attribution, pointbytes, ptau, ptaucontributions
from zk.formats.attribution import Attribution, Beacon
from zk.formats.ptaucontributions import PowersContribution
from zk.hashes.blake2b import Blake2b
from zk.runtime.progress import silent

POWER = 3
CONTRIBUTIONS = 7

Sections = dict[int, bytes]


def written(step: Callable, *arguments: object) -> ptau.Powers:
    file = io.BytesIO()
    step(arguments[0], file, *arguments[1:])
    return ptau.decode(file.getvalue())


@cache
def sections() -> Sections:
    """Two contributions, the second a beacon, prepared."""
    one = written(phase1.contribute, written(phase1.new, POWER), "Ada")
    ready = written(preparation.prepare, written(phase1.beacon, one, b"beacon", 10))
    points = {part.number: getattr(ready, name)[:].tobytes() for name, part in ptau.PARTS.items()}
    header = iden3.u32(32) + iden3.field(P) + iden3.u32(POWER, POWER)
    return {1: header, CONTRIBUTIONS: bytes(ready.contributions.data)} | points


def decoded(changed: Sections) -> ptau.Powers:
    return ptau.decode(iden3.container(b"ptau", 1, {k: data for k, data in changed.items() if data is not None}))


def refused(changed: Sections, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        phase1check.verify(decoded(sections() | changed))


def with_point(name: str, place: int, point: np.ndarray) -> Sections:
    """A section with one point replaced."""
    part = ptau.PARTS[name]
    rows = np.frombuffer(sections()[part.number], np.uint64).reshape(-1, *part.shape).copy()
    rows[place] = point
    return {part.number: rows.tobytes()}


def contributions() -> list[PowersContribution]:
    return list(ptaucontributions.decode(decoded(sections()).contributions))


def with_contributions(chain: list[PowersContribution]) -> Sections:
    return {CONTRIBUTIONS: iden3.u32(len(chain)) + b"".join(map(ptaucontributions.encode, chain))}


def test_an_honest_file_is_accepted():
    assert len(phase1check.verify(decoded(sections()))) == 2


def test_a_ceremony_without_contributions_is_refused():
    refused(with_contributions([]), InvalidProof, "there is no contribution: everybody knows the secrets")


# Every contribution is verified, from the first to the last.


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("secret, name", [(0, "tau"), (1, "alpha"), (2, "beta")])
def test_a_contributor_who_does_not_know_a_secret_is_refused(which, secret, name):
    chain = contributions()
    proofs = list(chain[which].proofs)
    proofs[secret] = replace(proofs[secret], g2_spx=bn254.add(proofs[secret].g2_spx, bn254.G2))
    chain[which] = replace(chain[which], proofs=tuple(proofs), attribution=Attribution())
    message = f"contribution {which + 1}: {name}: the proof of knowledge is wrong"
    refused(with_contributions(chain), InvalidProof, message)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("name", ["tau_g1", "tau_g2", "alpha_g1", "beta_g1", "beta_g2"])
def test_points_that_do_not_follow_from_the_previous_ones_are_refused(which, name):
    chain = contributions()
    points = chain[which].points
    chain[which] = replace(chain[which], points=replace(points, **{name: bn254.multiply(2, getattr(points, name))}))
    message = f"contribution {which + 1}: its {name} is not the previous one times the proven secret"
    refused(with_contributions(chain), InvalidProof, message)


def test_a_proof_of_knowledge_is_valid_in_its_own_place_only():
    first, second = contributions()
    refused(with_contributions([second, first]), InvalidProof, "contribution 1: ")


@pytest.mark.parametrize(
    "beacon", [Beacon(b"beacon", 11), Beacon(b"Beacon", 10)], ids=["another exponent", "another value"]
)
def test_a_beacon_that_yields_other_secrets_is_refused(beacon):
    first, second = contributions()
    changed = replace(second, attribution=Attribution(beacon=beacon))
    message = "contribution 2: the proof of knowledge of tau is not the one that its beacon yields"
    refused(with_contributions([first, changed]), InvalidProof, message)


def test_a_contributor_s_own_secret_does_not_pass_for_a_beacon():
    """Everything else is valid.  If this passed, the contributor could retry until the result suits them."""
    begun, file = written(phase1.new, POWER), io.BytesIO()
    phase1._contribute(begun, file, Attribution(None, Beacon(b"beacon", 10)), bytes(32), silent)
    message = "contribution 1: the proof of knowledge of tau is not the one that its beacon yields"
    with pytest.raises(InvalidProof, match=message):
        phase1check.verify(ptau.decode(file.getvalue()))


def test_beacons_with_too_many_iterations_in_total_are_refused_before_any_is_hashed():
    one = replace(contributions()[1], attribution=Attribution(beacon=Beacon(b"x", attribution.MAX_WORK_EXP - 1)))
    refused(with_contributions([one] * 3), FormatError, r"2\^26 hashes, the limit \(the largest beacon has 2\^25")
    endless = replace(one, attribution=Attribution(beacon=Beacon(b"x", 63)))
    refused(with_contributions([endless]), FormatError, r"the largest beacon has 2\^63 iterations")


def after(*secrets: tuple[int, int, int]) -> ptau.Powers:
    """Powers with contributions of these τ, α and β."""
    made = written(phase1.new, 1)
    for drawn in secrets:
        values = iter(drawn)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(chacha.Draws, "scalar", lambda self, values=values: next(values))
            made = written(phase1.contribute, made)
    return made


@pytest.mark.parametrize("secret", [1, R - 1])
@pytest.mark.parametrize("place, name", list(enumerate(["tau", "alpha", "beta"])))
def test_a_contribution_of_a_trivial_secret_is_refused(place, name, secret):
    drawn = [5, 7, 11]
    drawn[place] = secret
    with pytest.raises(InvalidProof, match=f"contribution 2 multiplies {name} by 1 or -1: it adds no secret"):
        phase1check.verify(after((2, 3, 4), tuple(drawn)))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("place, name", list(enumerate(["tau", "alpha", "beta"])))
def test_secrets_that_cancel_out_are_refused(place, name, sign):
    drawn = [5, 7, 11]
    drawn[place] = sign * pow((2, 3, 4)[place], -1, R) % R
    with pytest.raises(InvalidProof, match=f"the contributions cancel out: {name} is 1 or -1"):
        phase1check.verify(after((2, 3, 4), tuple(drawn)))


def test_the_identity_has_no_ratio():
    left, right = (bn254.G1, bn254.G1), (bn254.G2, bn254.G2)
    assert proof_of_knowledge.is_same_ratio(left, right)
    for place in range(2):
        assert not proof_of_knowledge.is_same_ratio(left, tuple(None if i == place else bn254.G2 for i in range(2)))
        assert not proof_of_knowledge.is_same_ratio(tuple(None if i == place else bn254.G1 for i in range(2)), right)
    assert not proof_of_knowledge.is_same_ratio((None, None), (None, None))


# The last contribution's hashes must match the points.


def hashes_of(contribution: PowersContribution, before: bytes, state: bytes) -> PowersContribution:
    """The contribution with this state, and the next challenge that follows from it."""
    changed = replace(contribution, state=state)
    digest = hashlib.blake2b(changed.response_hash())
    for name in ("tau_g1", "tau_g2", "alpha_g1", "beta_g1", "beta_g2"):
        digest.update(pointbytes.uncompressed(getattr(decoded(sections()), name)[:]))
    return replace(changed, next_challenge=digest.digest())


def test_a_wrong_response_hash_is_refused_even_if_the_next_challenge_follows_from_it():
    first, last = contributions()
    other = Blake2b()
    other.update(b"what everybody is asked to compare")
    forged = with_contributions([first, hashes_of(last, first.next_challenge, other.state())])
    refused(forged, InvalidProof, "the last contribution's response hash is not the hash of the points")
    honest = with_contributions([first, hashes_of(last, first.next_challenge, last.state)])
    assert honest[CONTRIBUTIONS] == sections()[CONTRIBUTIONS]
    file = iden3.container(b"ptau", 1, sections() | forged)
    assert ceremonies.snarkjs_errors({"forged.ptau": file}) == {"forged.ptau": ""}


def test_a_wrong_next_challenge_is_refused():
    first, last = contributions()
    changed = with_contributions([first, replace(last, next_challenge=bytes(64))])
    refused(changed, InvalidProof, "the last contribution's next challenge is not the hash of the points")


# Powers.


@pytest.mark.parametrize("place", [2, -1])
@pytest.mark.parametrize("name", ["tau_g1", "tau_g2", "alpha_g1", "beta_g1"])
def test_a_point_that_is_not_the_next_power_is_refused(name, place):
    point = getattr(decoded(sections()), name)[1:2]
    refused(with_point(name, place, point), InvalidProof, f"^{name}: the points are not successive powers of tau")


@pytest.mark.parametrize(
    "name, place",
    [("tau_g1", 0), ("tau_g1", 1), ("tau_g2", 0), ("tau_g2", 1), ("alpha_g1", 0), ("beta_g1", 0), ("beta_g2", 0)],
)
def test_a_part_that_does_not_begin_with_the_points_of_the_transcript_is_refused(name, place):
    other = bn254.multiply(5, bn254.G2 if name.endswith("g2") else bn254.G1)
    point = (g2 if name.endswith("g2") else g1).encode([other])
    refused(with_point(name, place, point[0]), InvalidProof, f"^{name}: point {place} is not the one that the")


def test_powers_of_another_ceremony_are_refused_part_by_part():
    other = written(phase1.contribute, written(phase1.new, POWER))
    for name in ("tau_g1", "tau_g2", "alpha_g1", "beta_g1", "beta_g2"):
        changed = {ptau.PARTS[name].number: getattr(other, name)[:].tobytes()}
        refused(changed, InvalidProof, f"^{name}: point [01] is not the one that the transcript gives")


# Lagrange points.


@pytest.mark.parametrize(
    "name, size", [("lagrange_tau_g1", 0), ("lagrange_tau_g1", POWER + 1), *((name, POWER) for name in ptau.LAGRANGE)]
)
def test_a_wrong_lagrange_point_is_refused(name, size):
    place = (1 << size) - 1 + (size > 1)
    source = getattr(decoded(sections()), name)[-1:]
    refused(with_point(name, place, source), InvalidProof, f"^{name} is not the Lagrange form of")


def shifted(changed: Sections, power: int) -> Sections:
    """The sections with the last Lagrange points of τ in G1 computed from a wrong highest power."""
    part, size = ptau.PARTS["lagrange_tau_g1"], power + 1
    rows = np.frombuffer(changed[part.number], np.uint64).reshape(-1, *part.shape).copy()
    points, root = g1.decode(ptau.level(rows, size)), FR.root_of_unity(size)
    other = bn254.multiply(77, bn254.G1)
    moved = [bn254.add(point, bn254.multiply(pow(root, i, R), other)) for i, point in enumerate(points)]
    rows[(1 << size) - 1 : (2 << size) - 1] = g1.encode(moved)
    return changed | {part.number: rows.tobytes()}


def test_a_wrong_highest_power_is_refused_although_snarkjs_accepts_it():
    """Adding c·ω^i to the Lagrange points changes only the power that the file does not contain."""
    changed = shifted(sections(), POWER)
    refused(changed, InvalidProof, "^lagrange_tau_g1 is not the Lagrange form of tau_g1")
    file = iden3.container(b"ptau", 1, changed)
    assert ceremonies.snarkjs_errors({"shifted.ptau": file}) == {"shifted.ptau": ""}


def truncated() -> Sections:
    file = io.BytesIO()
    phase1.truncate(decoded(sections()), POWER - 1, file)
    short = ptau.decode(file.getvalue())
    points = {part.number: getattr(short, name)[:].tobytes() for name, part in ptau.PARTS.items()}
    header = iden3.u32(32) + iden3.field(P) + iden3.u32(POWER - 1, POWER)
    return {1: header, CONTRIBUTIONS: bytes(short.contributions.data)} | points


def test_a_truncated_file_with_a_wrong_highest_power_is_refused():
    assert len(phase1check.verify(decoded(truncated()))) == 2
    refused(shifted(truncated(), POWER - 1), InvalidProof, "lagrange_tau_g1 contains a wrong highest power of tau")


# Invalid points.


def outside() -> np.ndarray:
    """A point of the twist that is not in G2."""
    return g2.encode([G2Point(*point) for point in reference.twist_points(1)])[0]


def unreduced(shape: tuple) -> np.ndarray:
    """The identity with one zero replaced by p."""
    point = np.zeros(shape, np.uint64)
    point.reshape(-1, 4)[0] = [P >> 64 * i & 2**64 - 1 for i in range(4)]
    return point


def invalid_points(shape: tuple) -> list[tuple[np.ndarray, str]]:
    """Invalid points, each with the error it causes."""
    zero, one = np.zeros(shape, np.uint64), np.ones(shape, np.uint64)
    points = [(zero, "identity"), (one, "is not on the curve"), (unreduced(shape), "not below the modulus")]
    return points + [(outside(), "not in the subgroup")] * (shape == g2.SHAPE)


@pytest.mark.parametrize("name", ptau.PARTS)
def test_an_invalid_point_is_refused_in_every_part(name):
    point, message = invalid_points(ptau.PARTS[name].shape)[-1]
    refused(with_point(name, -1, point), FormatError, f"^{name}.*{message}")


@pytest.mark.parametrize("name", ["tau_g1", "tau_g2"])
def test_load_refuses_points_outside_their_group_and_the_identity(name):
    for point, message in invalid_points(ptau.PARTS[name].shape):
        rows = getattr(decoded(sections() | with_point(name, 2, point)), name)
        with pytest.raises(FormatError, match=f"the part.*{message}"):
            ptau.load(rows, "the part")
        assert len(ptau.load(rows[:2], "the part")) == 2


@pytest.mark.parametrize("name", ["tau_g1", "tau_g2", "proofs_g2"])
def test_an_invalid_point_in_a_contribution_is_refused(name):
    record = np.frombuffer(sections()[CONTRIBUTIONS], ptaucontributions._RECORD, 1, 4).copy()
    shape = g2.SHAPE if name.endswith("g2") else g1.SHAPE
    for point, message in invalid_points(shape):
        record[name].reshape(-1, *shape)[0] = point
        data = sections()[CONTRIBUTIONS][:4] + record.tobytes() + sections()[CONTRIBUTIONS][4 + record.nbytes :]
        refused({CONTRIBUTIONS: data}, FormatError, f"the powers: the contributions.*{message}")
