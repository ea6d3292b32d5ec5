"""Uniqueness propagation: the cases that each rule must and must not decide, and circomlib's templates."""

import itertools
import json
from pathlib import Path

import pytest

from circuits.frontend import uniqueness
from zk.r1cs import r1cs
from zk.r1cs.r1cs import R1CS

P = 31
ECNE = Path(__file__).parents[3] / "shared" / "vectors" / "ecne"


def system(constraints, wires, modulus=P):
    sides = zip(*constraints, strict=True)
    matrices = (r1cs.matrix([sorted((w, v % modulus) for w, v in row.items()) for row in side]) for side in sides)
    return R1CS(modulus, wires, 0, *matrices)


def boolean(wire):
    return ({wire: 1}, {wire: 1, 0: -1}, {})


def bits(wires, x, weights=None, scale=1):
    weights = weights or [1 << i for i in range(len(wires))]
    return ({x: scale} | {wire: -scale * weight for wire, weight in zip(wires, weights, strict=True)}, {0: 1}, {})


ONE = {0: 1}
CASES = [  # constraints, wires, known, undecided, divisions
    ("a product", [({1: 1}, {2: 1}, {3: 1})], 4, [1, 2], (), ()),
    ("a product from its factor's side", [({1: 1}, {2: 1}, {3: 1})], 4, [1, 3], (), (0,)),
    ("a sum", [({1: 1, 2: 5, 3: 7}, ONE, {})], 4, [1, 2], (), ()),
    ("a sum times zero", [({1: 1, 2: 5, 3: 7}, {}, {})], 4, [1, 2], (3,), ()),
    ("a wire that cancels", [({2: 1}, ONE, {2: 1, 1: 0})], 3, [1], (2,), ()),
    ("a square root", [({2: 1}, {2: 1}, {1: 1})], 3, [1], (2,), ()),
    ("two unknowns in one sum", [({1: 1, 2: 1, 3: 1}, ONE, {})], 4, [1], (2, 3), ()),
    ("bits", [boolean(2), boolean(3), bits([2, 3], 1)], 4, [1], (), ()),
    ("bits of a scaled sum", [boolean(2), boolean(3), bits([2, 3], 1, scale=-7)], 4, [1], (), ()),
    ("bits, highest first", [boolean(2), boolean(3), bits([2, 3], 1, [2, 1])], 4, [1], (), ()),
    ("bits, one of them not boolean", [boolean(2), bits([2, 3], 1)], 4, [1], (2, 3), ()),
    ("bits of one weight", [boolean(2), boolean(3), bits([2, 3], 1, [1, 1])], 4, [1], (2, 3), ()),
    ("bits that reach the modulus", [*map(boolean, range(2, 7)), bits(range(2, 7), 1)], 7, [1], (2, 3, 4, 5, 6), ()),
    ("bits below the modulus", [*map(boolean, range(2, 6)), bits(range(2, 6), 1)], 6, [1], (), ()),
    ("bits times a wire", [boolean(2), boolean(3), ({2: 1, 3: 2}, {4: 1}, {1: 1})], 5, [1, 4], (2, 3), ()),
    ("a wire that is 0 or 2", [({2: 1}, {2: 1, 0: -2}, {}), boolean(3), bits([2, 3], 1)], 4, [1], (2, 3), ()),
    ("a zero test", [({1: 1}, {2: 1}, {0: 1, 3: -1}), ({1: 1}, {3: 1}, {})], 4, [1], (), (0,)),
    ("a zero test by a product", [({1: 1}, {2: 1}, {3: 1}), ({1: 1}, {0: 1, 3: -1}, {})], 4, [1], (), (0,)),
    ("half of it", [({1: 1}, {2: 1}, {3: 1}), ({1: 1}, {0: 1, 2: -1}, {})], 4, [1], (), (1,)),
    ("half a zero test", [({1: 1}, {2: 1}, {0: 1, 3: -1})], 4, [1], (2, 3), ()),
    ("a zero test of no zero", [({1: 1}, {2: 1}, {0: 1, 3: -1}), ({1: 1}, {3: 1}, {4: 1})], 5, [1, 4], (), (1, 0)),
    ("a zero test of a sum", [({1: 1}, {2: 1}, {0: 1, 3: -1, 4: 1}), ({1: 1}, {3: 1}, {})], 5, [1], (2, 4), (1,)),
    ("a zero test, z in y", [({1: 1}, {2: 1, 3: 1}, {0: 1, 3: -1}), ({1: 1}, {3: 1}, {})], 4, [1, 2], (), ()),
    ("a zero test, z in x", [boolean(1), ({1: 1, 0: -1}, ONE, {1: 1, 0: -1})], 2, [], (1,), ()),
    ("a zero test, z in x, sides swapped", [boolean(1), (ONE, {1: 1, 0: -1}, {1: 1, 0: -1})], 2, [], (1,), ()),
    ("a zero test of another wire", [({4: 1}, {2: 1}, {0: 1, 3: -1}), ({1: 1}, {3: 1}, {})], 5, [1, 4], (), (1, 0)),
]


NAMES, RULES = [case[0] for case in CASES], [case[1:] for case in CASES]


@pytest.mark.parametrize("constraints, wires, known, undecided, divisions", RULES, ids=NAMES)
def test_each_rule_decides_exactly_its_cases(constraints, wires, known, undecided, divisions):
    propagated = uniqueness.propagate(system(constraints, wires), known)
    assert (propagated.undecided, propagated.divisions) == (undecided, divisions)


@pytest.mark.parametrize("constraints, wires, known, undecided, divisions", RULES, ids=NAMES)
def test_a_determined_wire_has_one_value_in_every_witness_of_a_toy_field(
    constraints, wires, known, undecided, divisions
):
    """Unless a division was assumed, witnesses that agree on the known wires agree on the determined ones."""
    p = 3 if wires > 5 else 5
    propagated = uniqueness.propagate(system(constraints, wires, p), known)
    if propagated.divisions:
        return
    determined = [wire for wire in range(wires) if wire not in propagated.undecided]
    seen = {}
    for rest in itertools.product(range(p), repeat=wires - 1):
        witness = (1, *rest)
        if r1cs.first_unsatisfied(system(constraints, wires, p), witness) is None:
            key = tuple(witness[wire] for wire in known)
            assert seen.setdefault(key, [witness[w] for w in determined]) == [witness[w] for w in determined]


def test_a_wire_is_determined_only_by_constraints_over_the_same_inputs():
    comparison = system([({3: 1, 2: -1}, ONE, {})], 4)  # wire 3 is computed from input 1, and compared with input 2
    assert uniqueness.propagate(comparison, [1, 2], [0, 0b010, 0b100, 0b010]).undecided == (3,)
    assert uniqueness.propagate(comparison, [1, 2], [0, 0b010, 0b100, 0b110]).undecided == ()
    assert uniqueness.propagate(comparison, [1, 2]).undecided == ()


def number(data, start, size=4):
    return int.from_bytes(data[start : start + size], "little")


def sections(data):
    """The sections of an iden3 binary file by type."""
    position, parts = 12, {}
    while position < len(data):
        size = number(data, position + 4, 8)
        parts[number(data, position)] = data[position + 12 : position + 12 + size]
        position += 12 + size
    return parts


def combinations(data, width):
    """Every {wire: value} of a constraint section, in order."""
    position, rows = 0, []
    while position < len(data):
        entries = range(position + 4, position + 4 + number(data, position) * (4 + width), 4 + width)
        rows.append({number(data, entry): number(data, entry + 4, width) for entry in entries})
        position = entries.stop
    return rows


def read(path):
    """(system, outputs, inputs) of an iden3 .r1cs file (r1cs binary format, version 1)."""
    parts = sections(path.read_bytes())
    head, width = parts[1], number(parts[1], 0)
    modulus = number(head, 4, width)
    wires, outputs, public, private = (number(head, 4 + width + 4 * i) for i in range(4))
    rows = combinations(parts[2], width)
    constraints = list(zip(rows[::3], rows[1::3], rows[2::3], strict=True))
    first = outputs + 1
    return system(constraints, wires, modulus), range(1, first), range(first, first + public + private)


LABELS = json.loads((ECNE / "LABELS.json").read_text()) if ECNE.is_dir() else {}


@pytest.mark.skipif(not LABELS, reason="shared/vectors/ecne is missing")
@pytest.mark.parametrize("name", LABELS)
def test_circomlib_templates_are_classified_as_published(name):
    """Outputs labelled unique are decided, without a division where none is needed; under-constrained ones are not."""
    template, outputs, inputs = read(ECNE / f"{name}.r1cs")
    propagated = uniqueness.propagate(template, inputs)
    decided = not set(outputs) & set(propagated.undecided)
    verdict = LABELS[name]["verdict"]
    if verdict.startswith("under-constrained"):
        assert not decided or propagated.divisions
    elif verdict.startswith("outputs unique (linear"):
        assert decided and not propagated.divisions
    else:
        assert decided
