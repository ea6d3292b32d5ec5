"""Checks of many things at once: each gets the answer that it gets alone; the first step that fails decides."""

import pytest

from settlement.checks import manychecks
from settlement.checks.manychecks import Proved
from settlement.checks.proofbatches import PROOFS_PER_BATCH
from settlement.rejection import Rejected, Rejection
from zk import signature
from zk.errors import InvalidProof
from zk.signature import Claim

SIGNATURE = signature.sign(5, 1)
TRUE, FALSE = 1, 0
SIGNED, BADLY_SIGNED, PROVED, BADLY_PROVED, REFUSED = "signed", "badly signed", "proved", "badly proved", "refused"

CASES = [
    # what is met on the way                         why it is refused
    ((), None),
    ((SIGNED, PROVED, SIGNED, PROVED), None),
    ((SIGNED, REFUSED), "refused 1"),
    ((BADLY_SIGNED, PROVED), "badly signed 0"),
    ((SIGNED, BADLY_PROVED, SIGNED), "badly proved 1"),
    ((SIGNED, BADLY_PROVED, BADLY_SIGNED), "badly proved 1"),
    ((BADLY_SIGNED, BADLY_PROVED, BADLY_SIGNED), "badly signed 0"),
    ((PROVED, BADLY_PROVED, BADLY_PROVED, REFUSED), "badly proved 1"),
    ((SIGNED, PROVED, BADLY_SIGNED, REFUSED), "badly signed 2"),
    ((SIGNED, PROVED, REFUSED, BADLY_SIGNED), "refused 2"),
]


def steps(kinds, name):
    for place, kind in enumerate(kinds):
        why = f"{kind} {place}"
        if kind == REFUSED:
            raise Rejected(Rejection.EXPIRED, why)
        if kind in (SIGNED, BADLY_SIGNED):
            yield Claim(signature.public(5), 1 if kind == SIGNED else 2, SIGNATURE), Rejection.LEG_SIGNATURE, why
        else:
            yield Proved(("key", [TRUE if kind == PROVED else FALSE], name), Rejection.INVALID_PROOF, why)
    return name


class Verifier:
    """Verifies claims that say whether they are true, and notes how many there were."""

    def __init__(self):
        self.sizes = []

    def __call__(self, claims):
        self.sizes.append(len(claims))
        for index, (_, public, _) in enumerate(claims):
            if public == [FALSE]:
                raise InvalidProof("no", index)


def said(answer):
    return answer.detail if isinstance(answer, Rejected) else None


@pytest.mark.parametrize("kinds, why", CASES)
def test_the_first_step_that_fails_decides(kinds, why):
    if why is None:
        assert manychecks.run(steps(kinds, "it"), Verifier()) == "it"
        return
    with pytest.raises(Rejected) as refused:
        manychecks.run(steps(kinds, "it"), Verifier())
    assert refused.value.detail == why


def test_many_get_the_answers_that_each_gets_alone():
    found = manychecks.run_all([steps(kinds, number) for number, (kinds, _) in enumerate(CASES)], Verifier())
    assert [said(answer) for answer in found] == [why for _, why in CASES]
    assert [answer for answer in found if not isinstance(answer, Rejected)] == [0, 1]


def test_honest_ones_are_verified_in_full_batches_and_a_false_one_delays_its_own_batch_only():
    count, verify = 3 * PROOFS_PER_BATCH, Verifier()
    kinds = [(BADLY_PROVED if number == 5 else PROVED,) for number in range(count)]
    found = manychecks.run_all([steps(each, number) for number, each in enumerate(kinds)], verify)
    assert [number for number, answer in enumerate(found) if isinstance(answer, Rejected)] == [5]
    assert verify.sizes == [PROOFS_PER_BATCH, PROOFS_PER_BATCH - 6, PROOFS_PER_BATCH, PROOFS_PER_BATCH]


def test_who_is_found_out_in_one_batch_is_not_looked_at_in_the_next():
    verify = Verifier()
    kinds = [(PROVED,) * (PROOFS_PER_BATCH - 1), (BADLY_PROVED,) * 3, (PROVED,)]
    found = manychecks.run_all([steps(each, number) for number, each in enumerate(kinds)], verify)
    assert [said(answer) for answer in found] == [None, "badly proved 0", None]
    assert verify.sizes == [PROOFS_PER_BATCH, 1]


def test_nothing_is_verified_of_what_is_badly_signed():
    verify = Verifier()
    manychecks.run_all([steps((BADLY_SIGNED, PROVED), 0)], verify)
    assert verify.sizes == []
