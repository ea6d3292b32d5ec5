"""The pinned file tells the truth: a change of what is proved must be made twice, here and there."""

import json
import subprocess
import sys
from importlib import resources

import pytest

from circuits import registry

PINNED = json.loads(resources.files("circuits").joinpath("pinned.json").read_text())


def test_every_statement_is_pinned_and_nothing_else():
    assert tuple(PINNED) == registry.names()


@pytest.mark.parametrize("name", registry.names())
def test_a_circuit_is_what_it_is_pinned_to(name):
    """When what is proved changed on purpose, `python -m circuits.registry` prints the new file."""
    assert registry.describe(name) == PINNED[name]
    assert registry.pinned(name) == PINNED[name]["fingerprint"]


@pytest.mark.parametrize("name", registry.names())
def test_a_circuit_fits_its_domain(name):
    system = registry.compiled(name).r1cs
    assert system.num_constraints + system.num_public + 1 <= 1 << 14


def test_there_is_no_other_statement():
    with pytest.raises(KeyError):
        registry.get("nothing")


def test_a_pin_is_read_without_compiling_and_without_numba():
    script = "import sys; from circuits import registry; registry.pinned('leg'); print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
