"""Witnesses near each other are proved one after the other, and no witness is lost or proved twice."""

import numpy as np
import pytest

from zk.groth16 import nearness

WIRES = 40


def witness(owner: int, own: int) -> np.ndarray:
    """Wires of which 10 are zero, and a third of the others differ between two witnesses of one owner."""
    rows = np.zeros((WIRES, 4), np.uint64)
    rows[:20] = 1000 * owner + np.arange(20)[:, np.newaxis] + 1
    rows[20:30] = 10**6 * (1000 * owner + own) + np.arange(10)[:, np.newaxis] + 1
    return rows


def test_those_of_one_owner_form_a_run_wherever_they_stand():
    some = [witness(owner, place) for place, owner in enumerate([1, 2, 1, 3, 2, 1, 1])]
    assert nearness.runs(some, 7) == [[0, 2, 5, 6], [1, 4], [3]]
    assert nearness.runs(some, 2) == [[0, 2], [5, 6], [1, 4], [3]]
    assert nearness.runs(some, 1) == [[0], [2], [5], [6], [1], [4], [3]]
    assert nearness.runs([], 1) == []


@pytest.mark.parametrize("different, is_near", [(0, True), (22, True), (23, False), (30, False)])
def test_near_is_what_differs_in_a_quarter_fewer_wires_than_are_not_zero(different, is_near):
    one, other = witness(1, 1), witness(1, 1)
    other[:different] += np.uint64(10**9)
    assert nearness.runs([one, other], 2) == ([[0, 1]] if is_near else [[0], [1]])


def test_each_is_compared_with_few_others_however_many_there_are(monkeypatch):
    calls = []
    count = nearness.vectors.count_different
    monkeypatch.setattr(nearness.vectors, "count_different", lambda a, b: calls.append(1) or count(a, b))
    some = [witness(owner, 1) for owner in range(100)]
    assert nearness.runs(some, 5) == [[place] for place in range(100)]
    assert len(calls) < 100 * (nearness._MAX_GROUPS + 1)
