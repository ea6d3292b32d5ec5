"""Each cell of README's table "What is hidden, and from whom", and that the table has no other words."""

from pathlib import Path

import pytest

from tests.observer import cells_of_letters, cells_of_the_ledger, cells_of_trades, who_learns
from tests.observer.scene import Scene
from tests.observer.who_learns import CELLS, PARTIES, ROWS, Cell

README = Path(__file__).parents[2] / "README.md"
MODULES = (cells_of_trades, cells_of_the_ledger, cells_of_letters)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return Scene(tmp_path_factory.mktemp("observer"))


@pytest.mark.parametrize("row, party", [Cell(row, party) for row in ROWS for party in PARTIES])
def test_the_cell_is_true(scene, row, party):
    CELLS[Cell(row, party)].check(scene, party)


def test_the_table_in_the_readme_is_this_one():
    """The cells' modules have registered one for each place, and nothing else."""
    assert len(CELLS) == len(ROWS) * len(PARTIES)
    assert {tested.check.__module__ for tested in CELLS.values()} == {module.__name__ for module in MODULES}
    assert "\n".join(who_learns.render()) in README.read_text("utf-8")
