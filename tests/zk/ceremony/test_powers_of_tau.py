"""Phase 1 against snarkjs: identical files where nothing is random, and each accepts the other's files."""

import io

import numpy as np
import pytest

from tests.reference import bn254 as reference
from tests.zk.ceremony import ceremonies
from tests.zk.ceremony.ceremonies import BEACON, ITERATIONS_EXP, POWER
from zk.ceremony import batches, chacha, firstchallenge, phase1, phase1check, preparation
from zk.curves import g2
from zk.curves.bn254 import G2Point
from zk.errors import FormatError
from zk.formats import ptau, ptaucontributions
from zk.formats.attribution import Beacon


def written(step, *arguments) -> bytes:
    """The file that a step writes to its second argument."""
    file = io.BytesIO()
    step(arguments[0], file, *arguments[1:])
    return file.getvalue()


def by_snarkjs(name: str) -> ptau.Powers:
    return ptau.decode(ceremonies.by_snarkjs()[name], name)


def test_a_new_ceremony_equals_that_of_snarkjs():
    assert written(phase1.new, POWER) == ceremonies.by_snarkjs()["new"]


def test_the_tabulated_first_challenges_are_the_computed_ones():
    assert sorted(firstchallenge.KNOWN) == list(range(16, ptau.MAX_POWER + 1))
    assert len({firstchallenge.of(power) for power in range(1, ptau.MAX_POWER + 1)}) == ptau.MAX_POWER
    for power in (16, 18):
        assert firstchallenge.of(power) == firstchallenge.computed(power)


def test_a_beacon_contribution_equals_that_of_snarkjs():
    ours = written(phase1.beacon, by_snarkjs("one"), BEACON, ITERATIONS_EXP, "the beacon")
    assert ours == ceremonies.by_snarkjs()["two"]


def test_prepared_powers_equal_those_of_snarkjs():
    assert written(preparation.prepare, by_snarkjs("two")) == ceremonies.by_snarkjs()["ready"]


@pytest.mark.parametrize("power", range(1, POWER))
def test_a_truncated_file_equals_that_of_snarkjs(power):
    file = io.BytesIO()
    phase1.truncate(by_snarkjs("ready"), power, file)
    assert file.getvalue() == ceremonies.by_snarkjs()[f"ready_{power:02}"]


@pytest.mark.parametrize("name", ["one", "two", "three", "ready", "ready_01", "ready_02", "ready_03"])
def test_files_by_snarkjs_are_accepted(name):
    assert phase1check.verify(by_snarkjs(name))[0].attribution.name == "Zoë \u2028"


def test_our_files_are_accepted_by_snarkjs_and_by_us():
    """Our contributions to our ceremony and to one of snarkjs, prepared and truncated."""
    ours = {"begun": written(phase1.new, POWER)}
    ours["one"] = written(phase1.contribute, ptau.decode(ours["begun"]), "Ada", b"text")
    ours["two"] = written(phase1.contribute, by_snarkjs("two"))
    ours["last"] = written(phase1.beacon, ptau.decode(ours["two"]), b"\0" * 32, 10)
    ours["ready"] = written(preparation.prepare, ptau.decode(ours["last"]))
    file = io.BytesIO()
    phase1.truncate(ptau.decode(ours["ready"]), 2, file)
    ours["short"] = file.getvalue()
    del ours["begun"]
    assert ceremonies.snarkjs_errors(ours) == dict.fromkeys(ours, "")
    for data in ours.values():
        phase1check.verify(ptau.decode(data))


def test_contributions_are_decoded_and_have_the_hashes_that_snarkjs_publishes():
    contributions = ptaucontributions.decode(by_snarkjs("three").contributions)
    assert [one.attribution.name for one in contributions] == ["Zoë \u2028", "the beacon", None]
    assert [one.attribution.beacon for one in contributions] == [None, Beacon(BEACON, ITERATIONS_EXP), None]
    file = io.BytesIO()
    response_hash = phase1.beacon(by_snarkjs("one"), file, BEACON, ITERATIONS_EXP, "the beacon")
    assert response_hash == contributions[1].response_hash()


def test_earlier_contributions_keep_their_bytes():
    before = bytes(by_snarkjs("two").contributions.data)
    after = bytes(ptau.decode(written(phase1.contribute, by_snarkjs("two"))).contributions.data)
    assert after[4:].startswith(before[4:])


def test_two_contributions_have_different_secrets():
    first, second = (written(phase1.contribute, by_snarkjs("new"), "Ada", b"text") for _ in range(2))
    assert first != second and len(first) == len(second)


def test_a_contribution_drops_the_lagrange_points():
    data = written(phase1.contribute, by_snarkjs("ready"))
    assert not ptau.decode(data).is_prepared


def test_powers_without_contributions_can_be_prepared_although_most_lagrange_points_are_the_identity():
    prepared = ptau.decode(written(preparation.prepare, by_snarkjs("new")))
    present = ptau.level(prepared.lagrange_tau_g1, 3).reshape(8, -1).any(axis=1)
    assert present.tolist() == [True] + [False] * 7


def test_a_truncated_file_takes_no_contributions():
    for step in (lambda one, file: phase1.contribute(one, file), lambda one, file: phase1.beacon(one, file, b"b", 10)):
        with pytest.raises(FormatError, match=r"ready_02 is truncated \(2\^2 of 2\^4\): contribute to the original"):
            step(by_snarkjs("ready_02"), io.BytesIO())


def test_a_truncated_file_that_is_prepared_again_stays_truncated():
    short = io.BytesIO()
    phase1.truncate(by_snarkjs("two"), 3, short)
    again = ptau.decode(written(preparation.prepare, ptau.decode(short.getvalue())))
    assert (again.power, again.ceremony_power) == (3, POWER)
    assert len(phase1check.verify(again)) == 2
    with pytest.raises(ValueError, match="must be smaller than the file's"):
        phase1.truncate(by_snarkjs("two"), POWER, io.BytesIO())


@pytest.mark.parametrize(
    "name, text, reason",
    [("x" * 65, b"", "64 letters"), ("\U0001f512" * 33, b"", "64 letters"), ("\ud800", b"", "64 letters"),
     (None, b"x" * 65537, "the limit is 65536")],
)  # fmt: skip
def test_a_name_or_text_that_is_too_long_is_refused_before_anything_is_written(name, text, reason):
    file = io.BytesIO()
    with pytest.raises(FormatError, match=reason):
        phase1.contribute(by_snarkjs("new"), file, name, text)
    assert file.getvalue() == b""


@pytest.mark.parametrize("value, exponent", [(b"", 10), (b"x" * 256, 10), (b"x", 9), (b"x", 64), (b"x", 27)])
def test_a_beacon_out_of_range_is_refused_before_anything_is_written(value, exponent):
    file = io.BytesIO()
    with pytest.raises(FormatError, match="the beacon"):
        phase1.beacon(by_snarkjs("new"), file, value, exponent)
    assert file.getvalue() == b""


def test_a_file_that_cannot_take_a_beacon_is_refused_before_the_beacon_is_hashed(monkeypatch):
    monkeypatch.setattr(chacha, "beacon_seed", lambda *arguments: pytest.fail("the beacon was hashed"))
    with pytest.raises(FormatError, match="is truncated"):
        phase1.beacon(by_snarkjs("ready_02"), io.BytesIO(), b"b", 26)


def test_a_full_ceremony_is_refused_before_anything_is_read_or_written(monkeypatch):
    monkeypatch.setattr(ptaucontributions, "MAX_CONTRIBUTIONS", 3)
    monkeypatch.setattr(ptaucontributions, "decode", lambda section: pytest.fail("the contributions were decoded"))
    for step in (lambda one, file: phase1.contribute(one, file), lambda one, file: phase1.beacon(one, file, b"b", 26)):
        file = io.BytesIO()
        with pytest.raises(FormatError, match="three: the contributions: there are 3 already, the limit"):
            step(by_snarkjs("three"), file)
        assert file.getvalue() == b""


@pytest.mark.parametrize("power", [0, 29])
def test_a_power_out_of_range_is_refused(power):
    with pytest.raises(FormatError, match="it must be 1 to 28"):
        phase1.new(power, io.BytesIO())


def test_points_outside_the_subgroup_are_refused_because_they_would_leak_the_secret():
    """τ times a point of small order reveals τ modulo that order; the cofactor of G2 has the factor 10069."""
    data = bytearray(ceremonies.by_snarkjs()["one"])
    place = bytes(data).index(by_snarkjs("one").tau_g2[3:4].tobytes())
    data[place : place + 128] = outside_g2().tobytes()
    with pytest.raises(FormatError, match="tau_g2.*not in the subgroup"):
        written(phase1.contribute, ptau.decode(bytes(data)))


def outside_g2() -> np.ndarray:
    return g2.encode([G2Point(*point) for point in reference.twist_points(1)])


def test_long_parts_are_multiplied_hashed_and_verified_in_batches(monkeypatch):
    """The batch size changes neither the bytes nor the verdict, and progress ends at its total."""
    monkeypatch.setattr(batches, "SIZE", 8)
    reports = []
    ready = ceremonies.by_snarkjs()["ready"]
    assert written(phase1.new, POWER) == ceremonies.by_snarkjs()["new"]
    ours = written(phase1.beacon, by_snarkjs("one"), BEACON, ITERATIONS_EXP, "the beacon")
    assert ours == ceremonies.by_snarkjs()["two"]
    assert written(preparation.prepare, by_snarkjs("two")) == ready
    phase1check.verify(ptau.decode(ready), lambda done, total: reports.append((done, total)))
    assert reports[-1][0] == reports[-1][1] and len(reports) > 20
