"""What proofs are for: whoever begins the work says it, and every proof inside it, in whatever thread, knows."""

import threading
from dataclasses import replace

import pytest

from circuits import samples
from circuits.statements import statement
from prover.proofs import pipeline, purposes
from prover.proofs.keystores import Keystore
from prover.proofs.purposes import Purpose
from zk.errors import InvalidProof, Unsatisfied


class Farm:
    """Answers with what it was given, and notes what it was asked."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def prove(self, key, public, private, purpose, verify):
        self.asked.append((key.statement, purpose))
        if self.answer is not None:
            verify(self.answer)
        return self.answer


@pytest.fixture
def farmed(keystore):
    """A keystore with these keys, and a farm that has one proof."""
    public, private = samples.honest("margin")[0]
    made = Keystore(keystore.folder("margin").parent, 0)
    made.farm = Farm(pipeline.prove("margin", public, private, keystore))
    return made


def test_the_most_urgent_comes_first():
    assert sorted([Purpose.AUDIT, Purpose.QUOTE, Purpose.BLOCK, Purpose.TAKE]) == list(Purpose)
    assert [each.name for each in Purpose] == ["BLOCK", "TAKE", "QUOTE", "AUDIT"]


def test_a_proof_is_for_what_the_work_around_it_was_begun_for():
    assert purposes.current() is Purpose.QUOTE
    with purposes.serving(Purpose.TAKE):
        with purposes.serving(Purpose.AUDIT):  # funds that back what settles now are as urgent as it
            assert purposes.current() is Purpose.TAKE
        assert purposes.current() is Purpose.TAKE
    assert purposes.current() is Purpose.QUOTE


def test_a_farm_is_asked_with_the_purpose_and_its_proof_is_verified_here(farmed, monkeypatch):
    public, private = samples.honest("margin")[0]
    monkeypatch.setattr("zk.groth16.prover.prove", lambda *_, **__: pytest.fail("it was proved here"))
    with purposes.serving(Purpose.TAKE):
        assert pipeline.prove("margin", public, private, farmed) is farmed.farm.answer
    assert farmed.farm.asked == [("margin", Purpose.TAKE)]
    public = replace(public, grid=tuple(tuple(2 * price for price in row) for row in public.grid))
    with pytest.raises(InvalidProof):  # the proof is of other prices
        pipeline.prove("margin", public, private, farmed)


def test_a_farm_is_asked_for_many_at_once(farmed):
    public, private = samples.honest("margin")[0]
    asked = threading.Barrier(3)  # each waits until all three were asked

    def prove(*_):
        asked.wait(300)
        return farmed.farm.answer

    farmed.farm.prove, false = prove, replace(public, commitment=1)
    pairs = [(each, private) for each in (public, false, public, public)]
    first, lie, *others = pipeline.prove_many("margin", pairs, farmed)
    assert [first, *others] == [farmed.farm.answer] * 3 and isinstance(lie, Unsatisfied)


def test_a_false_statement_is_refused_before_a_farm_is_asked(farmed):
    public, private = samples.honest("margin")[0]
    with pytest.raises(Unsatisfied, match="the margin statement is false"):
        pipeline.prove("margin", replace(public, commitment=1), private, farmed)
    assert farmed.farm.asked == []


def test_what_a_farm_does_not_make_now_is_made_here(farmed, keystore):
    public, private = samples.honest("margin")[0]
    farmed.farm.answer = None
    keystore.verify("margin", statement.inputs(public), pipeline.prove("margin", public, private, farmed))
    assert len(farmed.farm.asked) == 1
