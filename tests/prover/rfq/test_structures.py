"""The search for the cheapest quotes that cover every line once finds what trying all of them finds."""

from itertools import combinations

from hypothesis import event, given
from hypothesis import strategies as st

from prover.rfq import structures
from prover.rfq.structures import Candidate


def tried(num_lines, candidates):
    """The least cost of any set of candidates that covers every line once, from different accounts; None for none."""
    costs = [
        sum(each.cost for each in chosen)
        for count in range(1, num_lines + 1)
        for chosen in combinations(candidates, count)
        if sorted(line for each in chosen for line in each.lines) == list(range(num_lines))
        and len({each.nullifier for each in chosen}) == count
    ]
    return min(costs, default=None)


LINES = st.frozensets(st.integers(0, 3), min_size=1)
CANDIDATE = st.builds(Candidate, LINES, st.integers(-40, 40), st.integers(1, 6))


@given(st.integers(1, 4), st.lists(CANDIDATE, max_size=9))
def test_the_search_finds_what_trying_everything_finds(num_lines, candidates):
    candidates = [each for each in candidates if max(each.lines) < num_lines]
    found, least = structures.cover(num_lines, candidates), tried(num_lines, candidates)
    event("none" if least is None else "some")
    if found is None:
        assert least is None
    else:
        assert found.cost == least == sum(candidates[number].cost for number in found.chosen) and found.is_best


def test_a_cheap_quote_that_excludes_another_is_left_where_the_other_is_worth_more():
    cheap = Candidate(frozenset([0]), 1, 7)
    assert structures.cover(2, [cheap, Candidate(frozenset([1]), 1, 7)]) is None
    found = structures.cover(2, [cheap, Candidate(frozenset([1]), 1, 7), Candidate(frozenset([0]), 5, 8)])
    assert found.chosen == (1, 2) and found.cost == 6


def test_the_search_ends_at_its_bound_and_says_that_there_may_be_a_better_one():
    """Twenty lines and 160 quotes of pairs, whose shares make the bound of no use."""
    candidates = [
        Candidate(frozenset([line, (line + step) % 20]), -(line * step) % 17, 100 * line + step)
        for line in range(20)
        for step in range(1, 9)
    ]
    found = structures.cover(20, candidates)
    assert found is not None and not found.is_best
    assert sorted(line for number in found.chosen for line in candidates[number].lines) == list(range(20))
    assert structures.cover(20, candidates, max_steps=5) is None
