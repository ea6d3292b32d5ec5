"""What was verified lately is not verified again, and nothing else is left out."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from settlement.checks import verified
from settlement.checks.verified import Verified
from tests.settlement.bundles.samples import PROOF
from zk.errors import InvalidProof

KEY, OTHER = SimpleNamespace(name="leg"), SimpleNamespace(name="margin")
TWIN = replace(PROOF, a=PROOF.c, c=PROOF.a) if PROOF.a != PROOF.c else replace(PROOF, a=(1, 2))
CLAIM = (KEY, [1, 2], PROOF)


class Plain:
    """A verifier that notes what it is given, and finds the claims in `false` to be so."""

    def __init__(self, *false):
        self.seen, self.false = [], list(false)

    def __call__(self, claims):
        self.seen += claims
        for index, claim in enumerate(claims):
            if claim in self.false:
                raise InvalidProof("no", index)


@pytest.mark.parametrize(
    "other", [(OTHER, [1, 2], PROOF), (KEY, [1, 3], PROOF), (KEY, [1], PROOF), (KEY, [1, 2], TWIN)]
)  # fmt: skip
def test_a_claim_is_verified_once_and_every_other_one_too(other):
    plain = Plain()
    verify = Verified(plain)
    for _ in range(2):
        verify([CLAIM])
        verify([(KEY, (1, 2), PROOF), other])
    assert plain.seen == [CLAIM, other]


def test_a_false_claim_is_told_by_its_place_among_all_and_is_verified_each_time():
    false = (KEY, [9], PROOF)
    plain = Plain(false)
    verify = Verified(plain)
    verify([CLAIM])
    for _ in range(2):
        with pytest.raises(InvalidProof) as refused:
            verify([CLAIM, (OTHER, [1], PROOF), false])
        assert refused.value.index == 2
    assert plain.seen.count(false) == 2
    assert plain.seen.count((OTHER, [1], PROOF)) == 2, "whether what stood beside it is true was not found out"


def test_a_refusal_without_a_place_is_told_as_it_is():
    def plain(claims):
        raise InvalidProof("one of them")

    with pytest.raises(InvalidProof, match="one of them") as refused:
        Verified(plain)([CLAIM])
    assert refused.value.index is None


def test_only_the_newest_are_remembered(monkeypatch):
    monkeypatch.setattr(verified, "MOST", 2)
    plain = Plain()
    verify = Verified(plain)
    for number in (0, 1, 2, 1, 2, 0):
        verify([(KEY, [number], PROOF)])
    assert [inputs for _, inputs, _ in plain.seen] == [[0], [1], [2], [0]] and len(verify._true) == 2
