"""A file of sections with damage in one place is refused with a sentence, quickly, and without more memory."""

import tracemalloc
from functools import cache

import pytest

from tests.hostile import damage, goods
from tests.hostile.goods import FORMATS
from tests.patience import cheaply

MOST_S = 1.0
SLACK_BYTES = 64 << 10
DAMAGE = (damage.container, damage.numbers, damage.indices, damage.elements)

# Changes that leave a well-formed file, and the reason.
HARMLESS = {
    "r1cs": {
        "wires is 8": "a wire that no constraint names, with labels as circom wrote them before version 2",
        "outputs is 1": "changes the kinds of wires only",
        "inputs is 0": "changes the kinds of wires only",
        "inputs is 1": "changes the kinds of wires only",
        "inputs is 3": "changes the kinds of wires only",
    },
    "wtns": {},
    "zkey": {},
    "ptau": {
        "sections 4 and 5 exchanged": "well formed, and refused as a ceremony",
        "sections 14 and 15 exchanged": "well formed, and refused as a ceremony",
        "power of the ceremony is 4": "well formed, and refused as a ceremony",
        "power of the ceremony is 6": "well formed, and refused as a ceremony",
    },
}  # fmt: skip


@cache
def needed_bytes(name: str) -> int:
    """The peak memory for a good file."""
    return _measured(name, FORMATS[name].good())[1]


def _measured(name: str, data: bytes) -> tuple[str | None, int]:
    """The refusal of a file, and the peak memory."""
    tracemalloc.start()
    found = goods.refusal(FORMATS[name], data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return found, peak


@pytest.mark.parametrize("name", FORMATS)
def test_good_files_are_read_and_used(name):
    assert goods.refusal(FORMATS[name], FORMATS[name].good()) is None
    assert goods.joined(FORMATS[name].magic, FORMATS[name].version, goods.parts(FORMATS[name].good())) == (
        FORMATS[name].good()
    ), "damage is done to the sections that are read"


@pytest.mark.parametrize("what", DAMAGE, ids=lambda what: what.__name__)
@pytest.mark.parametrize("name", FORMATS)
def test_a_file_damaged_in_one_place_is_refused(name, what):
    limit, accepted = needed_bytes(name) + SLACK_BYTES, set()
    for case, data in what(FORMATS[name]):
        found, peak = cheaply(lambda data=data: _measured(name, data), MOST_S)
        if found is None:
            accepted.add(case)
        else:
            assert "\n" not in found and len(found) < 200, case
        assert peak < limit, f"{case}: {peak} bytes of memory, and a good file takes {needed_bytes(name)}"
    assert accepted == set(HARMLESS[name]) & {case for case, _ in what(FORMATS[name])}
