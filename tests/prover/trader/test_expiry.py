"""When a leg was made, and by which side of a trade, does not show in its expiry."""

import pytest

from prover.trader import addresses, keys, owing, plan
from tests.prover import pools

TARGET = plan.Target(addresses.of(keys.derive("abandon " * 23 + "art"), 0))


@pytest.mark.parametrize("asked, given", [(1_200_000, 1_200_000), (1_200_001, 1_800_000), (1_799_999, 1_800_000)])
def test_an_expiry_is_rounded_up_to_ten_minutes(asked, given):
    pool = pools.make()
    made = plan.move(owing.Setting(pool, pool.parameters, None), plan.genesis_source(77), TARGET, plan.NOTHING, asked)
    assert made.expiry_ms == given
