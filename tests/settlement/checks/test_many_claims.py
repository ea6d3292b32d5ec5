"""Pools of five to eight claims: at unchanged prices the last grid always covers the next, at ordinary moves mostly."""

import pytest

from settlement.risk import coverage, risk
from tests.settlement.checks import manyclaims
from tests.settlement.checks.manyclaims import ORDINARY, POOLS, UNCHANGED


def is_covered(name: str, move: manyclaims.Move) -> bool:
    pool, observed = manyclaims.pool(name)
    before = manyclaims.first(pool, observed)
    after = manyclaims.after(pool, observed, before, move)
    return coverage.is_mixture(
        risk.grids(pool, pool.parameters, before)[0], risk.grids(pool, pool.parameters, after)[1]
    )


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("move", [UNCHANGED["same 1 s"], UNCHANGED["same 1 h"]], ids=["1 s", "1 h"])
def test_at_unchanged_prices_the_last_quotes_are_still_good(name, move):
    assert is_covered(name, move)


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("move", ORDINARY)
def test_after_an_ordinary_move_the_last_quotes_are_still_good(name, move):
    assert is_covered(name, ORDINARY[move])


@pytest.mark.parametrize("name", [name for name in POOLS if name[0] > "5"])
def test_the_maintenance_rows_are_mixtures_of_their_own_initial_row_and_of_the_mean_of_all(name):
    """What makes it so: RATIO parts of the row and the rest of the mean, but for what is rounded up."""
    pool, observed = manyclaims.pool(name)
    initial, maintenance = risk.grids(pool, pool.parameters, manyclaims.first(pool, observed))
    for slot in range(9, 16):
        outer, inner = ([row[slot] for row in grid.values] for grid in (initial, maintenance))
        mean, most = sum(outer) / 32, max(map(abs, outer)) or 1
        for far, near in zip(outer, inner, strict=True):
            assert near == pytest.approx(mean + 0.5303 * (far - mean), abs=most * 0.02)
