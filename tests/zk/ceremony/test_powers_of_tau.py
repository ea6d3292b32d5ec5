"""Phase 1 of a ceremony beside snarkjs's: the same bytes where nothing is random, each accepting the other's files."""

import io

import numpy as np
import pytest

from tests.reference import bn254 as reference
from tests.zk.ceremony import ceremonies
from tests.zk.ceremony.ceremonies import BEACON, EXPONENT, POWER
from zk.ceremony import batches, chacha, firstchallenge, powers, preparation, verification
from zk.curves import g2
from zk.curves.bn254 import G2Point
from zk.errors import FormatError
from zk.formats import ptau, ptaucontributions
from zk.formats.attribution import Beacon


def written(step, *arguments) -> bytes:
    """The file that a step writes into its second argument."""
    file = io.BytesIO()
    step(arguments[0], file, *arguments[1:])
    return file.getvalue()


def theirs(name: str) -> ptau.Powers:
    return ptau.decode(ceremonies.theirs()[name], name)


def test_a_new_ceremony_is_that_of_snarkjs():
    assert written(powers.new, POWER) == ceremonies.theirs()["new"]


def test_the_first_challenges_that_are_kept_are_those_that_are_computed():
    assert sorted(firstchallenge.KNOWN) == list(range(16, ptau.MAX_POWER + 1))
    assert len({firstchallenge.of(power) for power in range(1, ptau.MAX_POWER + 1)}) == ptau.MAX_POWER
    for power in (16, 18):
        assert firstchallenge.of(power) == firstchallenge.computed(power)


def test_a_beacon_s_contribution_is_that_of_snarkjs():
    assert written(powers.beacon, theirs("one"), BEACON, EXPONENT, "the beacon") == ceremonies.theirs()["two"]


def test_prepared_powers_are_those_of_snarkjs():
    assert written(preparation.prepare, theirs("two")) == ceremonies.theirs()["ready"]


@pytest.mark.parametrize("power", range(1, POWER))
def test_a_shortened_copy_is_that_of_snarkjs(power):
    file = io.BytesIO()
    powers.truncate(theirs("ready"), power, file)
    assert file.getvalue() == ceremonies.theirs()[f"ready_{power:02}"]


@pytest.mark.parametrize("name", ["one", "two", "three", "ready", "ready_01", "ready_02", "ready_03"])
def test_what_snarkjs_made_is_accepted(name):
    assert verification.verify(theirs(name))[0].attribution.name == "Zoë \u2028"


def test_what_we_made_is_accepted_by_snarkjs_and_by_us():
    """Our contributions to our and to their ceremonies, our preparations and copies."""
    ours = {"begun": written(powers.new, POWER)}
    ours["one"] = written(powers.contribute, ptau.decode(ours["begun"]), "Ada", b"text")
    ours["two"] = written(powers.contribute, theirs("two"))
    ours["last"] = written(powers.beacon, ptau.decode(ours["two"]), b"\0" * 32, 10)
    ours["ready"] = written(preparation.prepare, ptau.decode(ours["last"]))
    file = io.BytesIO()
    powers.truncate(ptau.decode(ours["ready"]), 2, file)
    ours["short"] = file.getvalue()
    del ours["begun"]
    assert ceremonies.snarkjs_says(ours) == dict.fromkeys(ours, "")
    for data in ours.values():
        verification.verify(ptau.decode(data))


def test_who_contributed_is_told_and_their_hashes_are_those_snarkjs_publishes():
    found = ptaucontributions.decode(theirs("three").contributions)
    assert [one.attribution.name for one in found] == ["Zoë \u2028", "the beacon", None]
    assert [one.attribution.beacon for one in found] == [None, Beacon(BEACON, EXPONENT), None]
    file = io.BytesIO()
    assert powers.beacon(theirs("one"), file, BEACON, EXPONENT, "the beacon") == found[1].response_hash()


def test_contributions_of_others_stay_byte_for_byte():
    before = bytes(theirs("two").contributions.data)
    after = bytes(ptau.decode(written(powers.contribute, theirs("two"))).contributions.data)
    assert after[4:].startswith(before[4:])


def test_two_contributions_never_have_the_same_secrets():
    first, second = (written(powers.contribute, theirs("new"), "Ada", b"text") for _ in range(2))
    assert first != second and len(first) == len(second)


def test_lagrange_points_that_no_longer_fit_are_left_out():
    data = written(powers.contribute, theirs("ready"))
    assert not ptau.decode(data).is_prepared


def test_powers_can_be_prepared_before_anybody_contributed_where_most_lagrange_points_are_the_identity():
    prepared = ptau.decode(written(preparation.prepare, theirs("new")))
    present = ptau.level(prepared.lagrange_tau_g1, 3).reshape(8, -1).any(axis=1)
    assert present.tolist() == [True] + [False] * 7


def test_a_shortened_copy_takes_no_contributions():
    for step in (lambda one, file: powers.contribute(one, file), lambda one, file: powers.beacon(one, file, b"b", 10)):
        with pytest.raises(FormatError, match=r"ready_02 is a shortened copy \(2\^2 of 2\^4\), which takes no"):
            step(theirs("ready_02"), io.BytesIO())


def test_a_shortened_copy_that_is_prepared_again_stays_one():
    short = io.BytesIO()
    powers.truncate(theirs("two"), 3, short)
    again = ptau.decode(written(preparation.prepare, ptau.decode(short.getvalue())))
    assert (again.power, again.ceremony_power) == (3, POWER)
    assert len(verification.verify(again)) == 2
    with pytest.raises(ValueError, match="below that of the file"):
        powers.truncate(theirs("two"), POWER, io.BytesIO())


@pytest.mark.parametrize(
    "name, text, reason",
    [("x" * 65, b"", "64 letters"), ("\U0001f512" * 33, b"", "64 letters"), ("\ud800", b"", "64 letters"),
     (None, b"x" * 65537, "65536 is the limit")],
)  # fmt: skip
def test_a_name_or_text_that_is_too_long_is_refused_before_anything_is_written(name, text, reason):
    file = io.BytesIO()
    with pytest.raises(FormatError, match=reason):
        powers.contribute(theirs("new"), file, name, text)
    assert file.getvalue() == b""


@pytest.mark.parametrize("value, exponent", [(b"", 10), (b"x" * 256, 10), (b"x", 9), (b"x", 64), (b"x", 27)])
def test_a_beacon_out_of_range_is_refused_before_anything_is_written(value, exponent):
    file = io.BytesIO()
    with pytest.raises(FormatError, match="the beacon"):
        powers.beacon(theirs("new"), file, value, exponent)
    assert file.getvalue() == b""


def test_what_cannot_take_a_beacon_is_refused_before_the_beacon_is_hashed(monkeypatch):
    monkeypatch.setattr(chacha, "beacon_seed", lambda *arguments: pytest.fail("the beacon was hashed"))
    with pytest.raises(FormatError, match="shortened copy"):
        powers.beacon(theirs("ready_02"), io.BytesIO(), b"b", 26)


@pytest.mark.parametrize("power", [0, 29])
def test_a_power_out_of_range_is_refused(power):
    with pytest.raises(FormatError, match="1 to 28 is the range"):
        powers.new(power, io.BytesIO())


def test_nobody_contributes_to_points_that_would_tell_the_secret():
    """A point of small order times τ tells τ modulo that order: the cofactor of G2 has the factor 10069."""
    data = bytearray(ceremonies.theirs()["one"])
    place = bytes(data).index(theirs("one").tau_g2[3:4].tobytes())
    data[place : place + 128] = outside_g2().tobytes()
    with pytest.raises(FormatError, match="tau_g2.*not in the subgroup"):
        written(powers.contribute, ptau.decode(bytes(data)))


def outside_g2() -> np.ndarray:
    return g2.encode([G2Point(*point) for point in reference.twist_points(1)])


def test_long_parts_are_multiplied_hashed_and_checked_piece_by_piece(monkeypatch):
    """The same bytes and the same verdict whatever the size of a piece, and progress that ends at its total."""
    monkeypatch.setattr(batches, "COUNT", 8)
    seen = []
    ready = ceremonies.theirs()["ready"]
    assert written(powers.new, POWER) == ceremonies.theirs()["new"]
    assert written(powers.beacon, theirs("one"), BEACON, EXPONENT, "the beacon") == ceremonies.theirs()["two"]
    assert written(preparation.prepare, theirs("two")) == ready
    verification.verify(ptau.decode(ready), lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] and len(seen) > 20
