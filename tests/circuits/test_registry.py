"""The pinned file matches the circuits: a change of what is proved must be made in both."""

import json
import subprocess
import sys
from importlib import resources

import pytest

from circuits import registry

PINNED = json.loads(resources.files("circuits").joinpath("pinned.json").read_text())


def test_exactly_the_statements_are_pinned():
    assert tuple(PINNED) == registry.names()


@pytest.mark.parametrize("name", registry.names())
def test_a_circuit_matches_its_pin(name):
    """After a change on purpose, `python -m circuits.registry` prints the new file."""
    assert registry.describe(name) == PINNED[name]
    assert registry.pinned(name) == PINNED[name]["fingerprint"]


@pytest.mark.parametrize("name", registry.names())
def test_a_circuit_fits_its_domain(name):
    system = registry.compiled(name).r1cs
    log_size = 14 if name in ("leg", "seize") else 13
    assert system.num_constraints + system.num_public + 1 <= 1 << log_size


def test_an_unknown_statement_is_refused():
    with pytest.raises(KeyError):
        registry.get("nothing")


def test_a_pin_is_read_without_compiling_and_without_numba():
    script = "import sys; from circuits import registry; registry.pinned('leg'); print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
