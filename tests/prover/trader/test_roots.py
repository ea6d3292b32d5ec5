"""The roots that legs name are spread over ten minutes, and every path leads to its root."""

from collections import Counter
from fractions import Fraction
from itertools import pairwise

import pytest

from circuits import merkle as paths
from prover.trader import roots
from settlement import engine
from settlement.bundles import encoding
from settlement.ledger import Ledger
from settlement.merkle import Tree
from tests.prover import pools
from tests.settlement.bundles import samples

NOW = 1_800_000_000_000
MINUTE = 60_000


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    """Twenty deposits, one a minute."""
    with Ledger.create(tmp_path_factory.mktemp("roots") / "ledger.sqlite", pools.make(), NOW) as made:
        for number in range(20):
            bundle = encoding.encode_bundle(samples.deposit(made, 5 + number))
            engine.submit(made, bundle, NOW + number * MINUTE, verify_proofs=samples.any_proof)
        yield made


def drawn(ledger: Ledger, position: int) -> Counter:
    return Counter(roots.draw(ledger, position).tree.size for _ in range(400))


def test_the_root_of_an_old_account_is_of_any_time_of_the_last_ten_minutes(ledger):
    """The newest deposit is the twentieth, so the tree has had ten to twenty leaves in that time."""
    sizes = drawn(ledger, 3)
    assert set(sizes) - {20} == set(range(10, 20))
    assert all(10 < sizes[size] < 90 for size in range(10, 20)), "uniform in time"


def test_the_root_of_a_young_account_has_it(ledger):
    assert set(drawn(ledger, 16)) - {20} == {17, 18, 19}
    assert set(drawn(ledger, 19)) == {20}
    assert set(drawn(ledger, 99)) == {20}, "beside an account that no tree has had"


def test_every_drawn_root_is_known_and_is_where_the_path_leads(ledger):
    for position in (0, 9, 19):
        tree = roots.draw(ledger, position).tree
        assert ledger.reader.is_known_root(tree.root)
        assert paths.path_root(ledger.reader.path(position, tree.size)) == tree.root


def chances(before: dict[int, Fraction], old: range, now: range) -> dict[int, Fraction]:
    """The exact probability of each time that `drawn_again` may return, by every draw that it may make."""
    found: dict[int, Fraction] = Counter()

    def explore(time_ms: int, chance: Fraction, answers: list[int]) -> None:
        asked: list[int] = []

        def below(count: int) -> int:
            asked.append(count)
            return answers[len(asked) - 1] if len(asked) <= len(answers) else 0

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(roots, "_below", below)
            result = roots.drawn_again(roots.Drawn(Tree(1, 1), time_ms, old[0], old[-1]), now[0], now[-1])
        if len(asked) > len(answers):
            for answer in range(asked[len(answers)]):
                explore(time_ms, chance / asked[len(answers)], [*answers, answer])
        else:
            found[result] += chance

    for time_ms, chance in before.items():
        explore(time_ms, chance, [])
    return found


@pytest.mark.parametrize("windows", [
    [range(5), range(3, 8), range(3, 8), range(7, 12)],  # an old account: the window moves
    [range(1), range(2), range(7), range(7), range(2, 9)],  # a young one: it grows, and then moves
    [range(4), range(9, 13)],  # nothing of it is left
    [range(2, 9), range(4, 9), range(0, 3)],  # a ledger that was cut
])  # fmt: skip
def test_a_root_that_was_kept_is_as_random_as_one_that_is_drawn_now(windows):
    before = {time_ms: Fraction(1, len(windows[0])) for time_ms in windows[0]}
    for old, now in pairwise(windows):
        before = chances(before, old, now)
        assert before == {time_ms: Fraction(1, len(now)) for time_ms in now}


def test_a_root_is_kept_while_nothing_happens(ledger):
    first = roots.draw(ledger, 3)
    assert all(roots.draw(ledger, 3, first) == first for _ in range(20))
