"""What is kept of proofs: the next leg of the same account begins from it, and nothing else does."""

from types import SimpleNamespace

import pytest

from prover.proofs.nearby import Nearby
from tests.reference import qap
from tests.zk.fields import cubic
from zk.groth16 import generator, prover


@pytest.fixture(scope="module")
def key():
    return generator.generate(cubic.system())


@pytest.fixture
def begun(monkeypatch):
    """What each of the sums began from."""
    found, begin = [], prover.begin

    def spy(key, witness, near=None):
        found.append(near)
        return begin(key, witness, near)

    monkeypatch.setattr(prover, "begin", spy)
    return found


def words(number):
    return cubic.words(qap.cubic_witness(number, number + 1))


def about(number):
    return SimpleNamespace(nullifier=number, commitment=number, e=number)


def test_a_leg_begins_from_the_newest_of_the_same_state_of_an_account(key, begun):
    nearby = Nearby()
    first, other, second = (nearby.begin("leg", about(n), about(n), key, words(n)) for n in (7, 8, 7))
    third = nearby.begin("leg", about(7), about(7), key, words(9))
    assert begun == [None, None, first, second]
    assert third is not other and nearby.near("leg", 8) == about(8) and nearby.near("leg", 9) is None


def test_a_margin_begins_from_one_of_the_same_account(key, begun):
    nearby = Nearby()
    first, _, _ = (nearby.begin("margin", about(n), about(n), key, words(n)) for n in (1, 2, 1))
    assert begun == [None, None, first]


def test_other_statements_begin_from_nothing(key, begun):
    nearby = Nearby()
    for _ in range(2):
        nearby.begin("funds", about(1), about(1), key, words(1))
    nearby.begin("leg", about(1), about(1), key, words(1))
    assert begun == [None] * 3


def test_another_key_begins_from_nothing(key, begun):
    nearby = Nearby()
    for each in (key, generator.generate(cubic.system())):
        nearby.begin("leg", about(1), about(1), each, words(1))
        nearby.begin("margin", about(2), about(2), each, words(1))
    assert begun == [None] * 4


def test_the_oldest_is_forgotten_first(key, begun):
    nearby = Nearby(max_bytes=2 * words(1).nbytes)
    for number in (1, 2, 1, 3):
        nearby.begin("leg", about(number), about(number), key, words(number))
    assert [nearby.near("leg", number) is not None for number in (1, 2, 3)] == [True, False, True]
    assert repr(nearby) == "Nearby"
