"""Poseidon: circomlib's constants and hashes, the rounds as in the paper, and the security of the matrix."""

import hashlib
import itertools
import json
import random
from pathlib import Path

import galois
import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import node
from tests.reference import poseidon as slow
from zk.fields.prime import R
from zk.hashes import poseidon

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "circomlibjs.json").read_text())
WIDTHS = range(2, 18)
EDGES = [0, 1, 2, R - 2, R - 1, R, R + 1, -1, 1 << 64, (1 << 128) - 1, (1 << 253), (1 << 256) - 1]


@pytest.mark.parametrize("width", WIDTHS)
def test_constants_are_circomlibs(width):
    instance = poseidon.parameters(width)
    numbers = [x for row in (*instance.constants, *instance.matrix) for x in row]
    digest = hashlib.sha256(",".join(map(str, numbers)).encode()).hexdigest()
    assert digest == VECTORS["poseidon_constants"][width - 2]


def test_constants_agree_with_grain_bit_by_bit():
    instance = poseidon.parameters(3)
    constants, matrix = slow.grain(R, 3, poseidon.FULL_ROUNDS, poseidon.PARTIAL_ROUNDS[1])
    assert [list(row) for row in instance.constants] == constants
    assert [list(row) for row in instance.matrix] == matrix


@pytest.mark.parametrize("modulus, width", [(11, 2), (13, 2), (17, 3), (19, 3), (23, 3), (29, 4), (31, 4), (65537, 5)])
def test_constants_of_toy_fields_agree_with_grain_bit_by_bit(modulus, width):
    """In a field this small the first numbers for the matrix repeat or cancel and must be drawn again."""
    instance = poseidon.generate(modulus, width, 2, 3)
    constants, matrix = slow.grain(modulus, width, 2, 3)
    assert ([list(row) for row in instance.constants], [list(row) for row in instance.matrix]) == (constants, matrix)


def test_another_instance_has_other_constants():
    assert poseidon.generate(R, 3, 8, 56).constants[0] != poseidon.parameters(3).constants[0]


@pytest.mark.parametrize("kind", ["poseidon", "poseidon_tagged"])
def test_hashes_are_circomlibs(kind):
    for vector in VECTORS[kind]:
        inputs, tag = [int(x) for x in vector["inputs"]], int(vector.get("tag", 0))
        assert poseidon.hash(inputs, tag) == int(vector["hash"])
        assert poseidon.hash(inputs, tag + 1) != int(vector["hash"])


@settings(max_examples=40)
@given(st.lists(st.one_of(st.sampled_from(EDGES), st.integers(0, R - 1)), min_size=1, max_size=16), st.integers(0, 9))
def test_the_changing_basis_computes_the_rounds_of_the_paper(inputs, tag):
    instance = poseidon.parameters(len(inputs) + 1)
    expected = slow.hash(inputs, tag, R, instance.constants, instance.matrix, instance.full_rounds)
    assert poseidon.hash(inputs, tag) == expected


def test_inputs_are_reduced_modulo_r():
    assert poseidon.hash([-5, 7]) == poseidon.hash([R - 5, R + 7]) != poseidon.hash([5, 7])


@pytest.mark.parametrize("count", [0, 17])
def test_another_number_of_inputs_is_refused(count):
    with pytest.raises(ValueError, match="1 to 16 inputs"):
        poseidon.hash([1] * count)


@pytest.mark.parametrize("width", [2, 3, 5])
def test_every_minor_of_the_matrix_is_invertible_by_galois(width):
    field = galois.GF(R, primitive_element=5, verify=False)
    matrix = field([list(row) for row in poseidon.parameters(width).matrix])
    for size in range(1, width + 1):
        for rows, columns in itertools.product(itertools.combinations(range(width), size), repeat=2):
            assert _determinant(matrix[numpy.ix_(rows, columns)]) != 0


def _determinant(matrix):
    """By expansion along the first row, over any ring."""
    if matrix.shape[0] == 1:
        return matrix[0, 0]
    total = matrix[0, 0] * 0
    for column in range(matrix.shape[1]):
        rest = matrix[1:, [c for c in range(matrix.shape[1]) if c != column]]
        term = matrix[0, column] * _determinant(rest)
        total = total - term if column % 2 else total + term
    return total


@pytest.mark.parametrize("width", [2, 3, 4, 5, 9, 12, 17])
def test_no_infinitely_long_subspace_trail_exists(width):
    """Poseidon, section 5: the rows e_0 M^i, i < t, span the space, so no nonzero subspace invariant under M has first
    coordinate 0 throughout and avoids the S-box of the partial rounds.  The same for M^2 ... M^4."""
    field = galois.GF(R, primitive_element=5, verify=False)
    matrix = field([list(row) for row in poseidon.parameters(width).matrix])
    power = matrix
    for _ in range(4 if width <= 5 else 1):
        rows = [[0] * width]
        rows[0][0] = 1
        for _ in range(width - 1):
            rows.append([int(x) for x in field(rows[-1]) @ power])
        assert _rank(rows) == width
        power = power @ matrix


def test_the_rank_shows_a_matrix_with_such_a_trail():
    assert _rank([[1, 0, 0], [2, 3, 0], [5, 7, 0]]) == 2


def _rank(rows):
    rows, rank = [list(row) for row in rows], 0
    for column in range(len(rows)):
        pivot = next((i for i in range(rank, len(rows)) if rows[i][column] % R), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        inverse = pow(rows[rank][column], -1, R)
        for i in range(rank + 1, len(rows)):
            factor = rows[i][column] * inverse
            rows[i] = [(x - factor * y) % R for x, y in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank


def test_hashes_and_permutations_agree_with_the_installed_circomlibjs():
    chance = random.Random(7)
    inputs = [[chance.randrange(R) for _ in range(n)] for n in range(1, 17)]
    script = """
        require("circomlibjs").buildPoseidonReference().then((hash) => {
          const inputs = JSON.parse(process.argv[1]).map((list) => list.map(BigInt));
          const states = inputs.map((list, i) => hash(list, i, list.length + 1));
          console.log(JSON.stringify(states.map((state) => state.map((x) => hash.F.toString(x)))));
          process.exit(0);
        });
    """
    theirs = json.loads(node.run(script, json.dumps([[str(x) for x in list] for list in inputs])))
    for tag, (ours, (first, *rest)) in enumerate(zip(inputs, theirs, strict=True)):
        assert str(poseidon.hash(ours, tag)) == first
        assert [str(x) for x in poseidon.permutation((tag, *ours))] == [first, *rest]


@settings(max_examples=20)
@given(st.lists(st.sampled_from(EDGES) | st.integers(0, R - 1), min_size=2, max_size=9))
def test_the_permutation_is_the_rounds_of_the_paper(state):
    instance = poseidon.parameters(len(state))
    expected = slow.permutation(state, R, instance.constants, instance.matrix, poseidon.FULL_ROUNDS)
    assert poseidon.permutation(state) == tuple(expected)
    assert poseidon.permutation(state)[0] == poseidon.hash(state[1:], state[0])
