"""Shamir's shares: galois interpolates the same secret from any t of them, and t - 1 say nothing."""

from itertools import combinations

import galois
import pytest

from tests.reference import babyjubjub as reference
from tests.reference import threshold as plain
from zk.curves.babyjubjub import BASE8, ORDER
from zk.threshold import sharing
from zk.threshold.sharing import MAX_MEMBERS, Quorum

FIELD = galois.GF(ORDER, primitive_element=2, verify=False)
SECRET = ORDER - 12345


@pytest.mark.parametrize("threshold, members", [(1, 1), (1, 3), (2, 3), (3, 5), (5, 5)])
def test_galois_finds_the_secret_in_any_t_shares(threshold, members):
    coefficients = sharing.polynomial(SECRET, threshold)
    shares = {i: sharing.evaluate(coefficients, i) for i in Quorum(threshold, members).indices}
    assert shares == {i: plain.polynomial(coefficients, i) for i in shares}
    for chosen in combinations(shares, threshold):
        interpolated = galois.lagrange_poly(FIELD(list(chosen)), FIELD([shares[i] for i in chosen]))
        assert int(interpolated(0)) == SECRET
        assert sharing.recover({i: shares[i] for i in chosen}) == SECRET


def test_fewer_shares_than_the_threshold_give_another_secret():
    coefficients = sharing.polynomial(SECRET, 3)
    assert sharing.recover({i: sharing.evaluate(coefficients, i) for i in (1, 2)}) != SECRET


def test_points_are_recovered_as_scalars_are():
    coefficients = sharing.polynomial(SECRET, 3)
    commitments = sharing.commit(coefficients)
    points = {i: sharing.evaluate_commitments(commitments, i) for i in (2, 4, 5)}
    assert points == {i: reference.multiply(plain.polynomial(coefficients, i), BASE8) for i in points}
    assert sharing.recover_point(points) == reference.multiply(SECRET, BASE8)


def test_two_polynomials_of_one_secret_differ():
    first, second = (sharing.polynomial(SECRET, 2) for _ in range(2))
    assert first[0] == second[0] == SECRET and first[1] != second[1]


@pytest.mark.parametrize("threshold, members", [(0, 1), (2, 1), (1, 0), (1, MAX_MEMBERS + 1), (-1, 3)])
def test_a_quorum_that_nobody_reaches_is_refused(threshold, members):
    with pytest.raises(ValueError, match="is not a quorum"):
        Quorum(threshold, members)
