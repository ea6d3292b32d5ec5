"""A farm in an empty database."""

import pytest

from tests.prover.farm import farms


@pytest.fixture
def farm(url, tmp_path):
    """A queue without workers, and a key."""
    return farms.make(url, tmp_path)
