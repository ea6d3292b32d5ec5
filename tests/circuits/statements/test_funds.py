"""funds: accounts that hold the thresholds and owe nothing, and no lie passes claim or constraints."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import guardsamples, records, samples
from circuits.guardsamples import HOLDINGS, THRESHOLDS, funds_claim, put
from circuits.records import ASSETS
from circuits.statements import funds
from tests.circuits.statements.lies import verdicts
from zk.curves import babyjubjub
from zk.fields.prime import R
from zk.hashes import poseidon

NOTHING = (0,) * ASSETS


@pytest.mark.parametrize("index", range(2))
def test_honest_funds_satisfy_claim_and_constraints(index):
    assert verdicts("funds", *samples.honest("funds")[index]) == (None, None)


amounts = st.lists(st.sampled_from([0, 0, 1, 2**63 - 1]) | st.integers(0, 2**63 - 1), min_size=16, max_size=16)
balances = st.lists(
    st.sampled_from([-(2**63), -1, 0, 0, 1, 2**63 - 1]) | st.integers(-3, 3), min_size=16, max_size=16
)


@settings(max_examples=15)
@given(balances, amounts, st.sampled_from([0, 7]))
def test_claim_and_constraints_agree_on_any_account(balances, thresholds, guard):
    holds = all(b >= t for b, t in zip(balances, thresholds, strict=True))
    expected = None if holds else "thresholds"
    assert verdicts("funds", *funds_claim(tuple(balances), tuple(thresholds), guard=guard)) == (expected, expected)


@pytest.mark.parametrize("asset", [0, 8, 15])
@pytest.mark.parametrize("balance, threshold, holds", [
    (0, 0, True), (-1, 0, False), (-(2**63), 0, False), (-(2**63), 2**63 - 1, False),
    (2**63 - 1, 2**63 - 1, True), (2**63 - 2, 2**63 - 1, False), (2**63 - 1, 0, True),
])  # fmt: skip
def test_the_ends_of_the_ranges(asset, balance, threshold, holds):
    claim = funds_claim(put(NOTHING, asset, balance), put(NOTHING, asset, threshold))
    assert verdicts("funds", *claim) == ((None, None) if holds else ("thresholds", "thresholds"))


def test_an_account_has_one_tag_in_a_context_and_others_elsewhere():
    """So it cannot back two things in one context, whatever it shows of itself."""
    first, second, elsewhere = (
        funds_claim(HOLDINGS, thresholds, context=context, hidden=hidden)[0]
        for thresholds, context, hidden in ((THRESHOLDS, 1, False), (NOTHING, 1, True), (THRESHOLDS, 2, True))
    )
    assert first.tag == second.tag != elsewhere.tag
    assert first.nullifier != second.nullifier == funds.UNDISCLOSED


def test_the_same_account_at_another_position_is_another_account():
    public, private = funds_claim(HOLDINGS, THRESHOLDS)
    path, root = guardsamples.tree_of(private.account.commitment(poseidon.hash), 5)
    private = replace(private, position=5, path=path)
    other = guardsamples.publish_funds(private, root, public.context, THRESHOLDS)
    assert verdicts("funds", other, private) == (None, None)
    assert (other.tag, other.nullifier) != (public.tag, public.nullifier)


def republished(**changes):
    """Everything public is made to match the lie."""

    def lie(public, private):
        private = replace(private, **changes)
        return guardsamples.publish_funds(private, public.root, public.context, public.thresholds), private

    return lie


def account(**changes):
    """Another account, in the tree like any other."""

    def lie(public, private):
        account = replace(private.account, **changes)
        path, root = guardsamples.tree_of(account.commitment(poseidon.hash))
        private = replace(private, account=account, path=path)
        return guardsamples.publish_funds(private, root, public.context, public.thresholds), private

    return lie


def sibling(level):
    def lie(public, private):
        index = (private.position >> 2 * level & 3) ^ 3
        return public, replace(private, path=put(private.path, level, put(private.path[level], index, 1)))

    return lie


def tag_by(kappa):
    def lie(public, private):
        commitment = private.account.commitment(poseidon.hash)
        tag = records.funds_tag(poseidon.hash, kappa(private), commitment, private.position, public.context)
        return replace(public, tag=tag), private

    return lie


def threshold(index):
    more = put(THRESHOLDS, index, HOLDINGS[index] + 1 if HOLDINGS[index] < 2**63 - 1 else 2**63)
    return lambda p, s: (replace(p, thresholds=more), s)


LIES = [  # the lie                                                                   why it must fail
    ("another nullifier key", republished(nk=3), "owner"),
    ("another spending key", republished(ak=babyjubjub.BASE8), "owner"),
    ("another's account", account(owner=5), "owner"),
    ("a position beyond the last leaf", lambda p, s: republished(position=s.position + (1 << 32))(p, s), "position"),
    ("the position of another leaf", lambda p, s: republished(position=s.position ^ 1)(p, s), "path"),
    ("a rho that is not in the tree", lambda p, s: (p, replace(s, account=replace(s.account, rho=1))), "path"),
    ("a guard that is not in the tree", lambda p, s: (p, replace(s, account=replace(s.account, guard=1))), "path"),
    ("richer than in the tree", lambda p, s: (p, replace(s, account=replace(s.account, balances=(9,) * 16))), "path"),
    ("a sibling that is not in the tree", sibling(0), "path"),
    ("a sibling under the root", sibling(15), "root"),
    ("another root", lambda p, s: (replace(p, root=7), s), "root"),
    ("another nullifier", lambda p, s: (replace(p, nullifier=1), s), "nullifier"),
    ("a nullifier of -1", lambda p, s: (replace(p, nullifier=R - 1), s), "nullifier"),
    *((f"one unit more of asset {i}", threshold(i), "thresholds") for i in range(ASSETS)),
    ("another context", lambda p, s: (replace(p, context=98), s), "tag"),
    ("another tag", lambda p, s: (replace(p, tag=1), s), "tag"),
    ("a second tag, by rho", tag_by(lambda s: s.account.rho), "tag"),
]


@pytest.mark.parametrize("lie, why", [lie[1:] for lie in LIES], ids=[lie[0] for lie in LIES])
def test_claim_and_constraints_refuse_a_lie_alike(lie, why):
    assert verdicts("funds", *lie(*guardsamples.honest_funds())) == (why, why)


def test_a_margined_account_has_no_second_tag_by_its_owners_key():
    lie = tag_by(lambda private: private.nk)(*guardsamples.hidden_funds())
    assert verdicts("funds", *lie) == ("tag", "tag")


def test_no_repr_shows_a_secret():
    assert repr(guardsamples.honest_funds()[1]) == "Private"
