"""Publications: their bytes read back exactly, and no others do."""

from dataclasses import replace

import pytest

from settlement.risk import grids
from settlement.risk.grids import Coverage, Publication
from tests.settlement.risk import markets
from zk.errors import FormatError

POOL = markets.pool(days=1)
FOUND = markets.after(POOL, markets.first(POOL), markets.moved(ETH=1.25), markets.DAY_MS)
MADE = Publication(7, FOUND, *markets.grids(POOL, FOUND), Coverage.FROZEN, b"quotes")
DATA = grids.encode(MADE)
SLOT, SLOT_BYTES = 17, 29


def test_a_publication_reads_back_with_the_rates_of_what_has_expired():
    assert grids.decode(DATA) == MADE and MADE.rates == {10: FOUND.rates[10], 11: 0} | dict.fromkeys(range(12, 16), 1)
    for coverage in Coverage:
        assert grids.decode(grids.encode(replace(MADE, coverage=coverage))).coverage is coverage


def test_the_grids_stand_row_by_row():
    flat = grids.flat(MADE.initial)
    assert len(flat) == 512 and flat[16:32] == MADE.initial.values[1]
    start = SLOT + 16 * SLOT_BYTES
    assert DATA[start : start + 8] == flat[0].to_bytes(8, "big") and len(DATA) == start + 2 * 4096 + 6


@pytest.mark.parametrize(
    "spoiled, says",
    [
        (DATA[: -4096 - 6], "fewer than"),
        (DATA[:16] + b"\x03" + DATA[17:], "coverage is 3"),
        (DATA[: SLOT + 20] + b"\x04" + DATA[SLOT + 21 :], "does not exist"),
        (DATA[: SLOT + 28] + b"\x01" + DATA[SLOT + 29 :], "not settled"),
    ],
    ids=["short", "coverage", "flag", "rate without flag"],
)
def test_other_bytes_are_no_publication(spoiled, says):
    with pytest.raises(FormatError, match=says):
        grids.decode(spoiled)
