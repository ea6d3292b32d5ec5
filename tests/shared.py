"""The founders' shared folder beside the repository: files made by others, which a user's checkout does not have."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "shared"


def folder(name: str) -> Path:
    """The folder of that name in it.  Skips the test where it is not there."""
    if not (ROOT / name).is_dir():
        pytest.skip(f"shared/{name} is not here")
    return ROOT / name
