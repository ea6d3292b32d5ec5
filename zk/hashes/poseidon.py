"""Poseidon over Fr as in circomlib: S-box x^5, one output, a domain tag in the capacity element.

    state = (tag, input_1, ..., input_n), width t = n + 1
    a round: add the round's constants, raise to the fifth power, multiply by the matrix M
    4 full rounds (S-box on every element), R_P partial rounds (on the first only), 4 full rounds; the hash is state[0]

The partial rounds are computed in a basis that changes with the round.  Split M into (m, w; v, N): m its corner, w the
rest of the first row, v the rest of the first column, N the rest.  With x the first element and u the others, a round
is x' = m x^5 + w u, u' = N u + v x^5, up to constants.  Write u_k = N^k z_k.  Then

    x_{k+1} = m x_k^5 + (w N^k) z_k          z_{k+1} = z_k + (N^{-(k+1)} v) x_k^5

so a round costs 2t - 1 multiplications instead of t^2, and z needs no reduction until it is converted back into u.  The
constants only add precomputed numbers to each x_k and, at the end, to u.

Sources: Poseidon (eprint 2019/458), section 2 and appendix B; circomlibjs `poseidon_reference.js`, whose results these
are when the tag is 0.  Constants come from `grain`, and tests compare them with circomlib's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import mul

from gmpy2 import invert, mpz

from zk.fields import prime
from zk.hashes import grain

FULL_ROUNDS = 8
PARTIAL_ROUNDS = (56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68)  # for t = 2 .. 17
MAX_INPUTS = len(PARTIAL_ROUNDS)

Matrix = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False)
class Parameters:
    """An instance of Poseidon: constants[round][i] and matrix[row][column], all below the modulus.

    Instances compare by identity, which makes them cheap cache keys.
    """

    modulus: int
    full_rounds: int
    partial_rounds: int
    constants: Matrix
    matrix: Matrix

    @property
    def width(self) -> int:
        return len(self.matrix)


@dataclass(frozen=True)
class PartialRounds:
    """The partial rounds in the changing basis, from the first S-box to the state that enters the last full rounds.

    rows[k] = (m, w N^k), columns[k] = N^{-(k+1)} v, and shifts[k] is the constant part of x_{k+1}.  At the end
    u = power z + closing, with power = N^{R_P} by rows.
    """

    rows: tuple[tuple[mpz, ...], ...]
    columns: tuple[tuple[mpz, ...], ...]
    shifts: tuple[mpz, ...]
    power: tuple[tuple[mpz, ...], ...]
    closing: tuple[mpz, ...]


def generate(modulus: int, width: int, full_rounds: int, partial_rounds: int) -> Parameters:
    """The instance with constants from Grain, for any prime modulus: BN254's r in use, tiny ones in tests."""
    constants, matrix = grain.draw(modulus, width, full_rounds, partial_rounds)
    return Parameters(modulus, full_rounds, partial_rounds, constants, matrix)


@cache
def parameters(width: int) -> Parameters:
    """circomlib's instance of this width, 2 to 17.  Raises ValueError for another width."""
    if not 2 <= width <= MAX_INPUTS + 1:
        raise ValueError(f"Poseidon takes 1 to {MAX_INPUTS} inputs, not {width - 1}")
    return generate(prime.R, width, FULL_ROUNDS, PARTIAL_ROUNDS[width - 2])


def _dot(left: Sequence, right: Sequence) -> mpz:
    return sum(map(mul, left, right))


def inverse_matrix(matrix: Sequence[Sequence[int]], modulus: int) -> list[list[mpz]]:
    """The inverse of a matrix by Gauss and Jordan.  Raises ZeroDivisionError when it is singular."""
    size = len(matrix)
    rows = [[mpz(x) for x in row] + [mpz(i == j) for j in range(size)] for i, row in enumerate(matrix)]
    for i in range(size):
        pivot = next((k for k in range(i, size) if rows[k][i]), i)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        scale = invert(rows[i][i], modulus)
        rows[i] = [x * scale % modulus for x in rows[i]]
        for k in range(size):
            if k != i and rows[k][i]:
                factor = rows[k][i]
                rows[k] = [(x - factor * y) % modulus for x, y in zip(rows[k], rows[i], strict=True)]
    return [row[size:] for row in rows]


def partial_rounds(instance: Parameters) -> PartialRounds:
    """The partial rounds of an instance in the changing basis (see the head of the module)."""
    p = mpz(instance.modulus)
    matrix = [[mpz(x) for x in row] for row in instance.matrix]
    corner, row, column = matrix[0][0], matrix[0][1:], [line[0] for line in matrix[1:]]
    block = [line[1:] for line in matrix[1:]]
    block_columns, inverse = list(zip(*block, strict=True)), inverse_matrix(block, p)
    power_columns = [[mpz(i == j) for i in range(len(block))] for j in range(len(block))]
    half = instance.full_rounds // 2
    rows, columns, shifts = [], [], []
    drift = [mpz(0)] * len(block)  # the part of u that is due to constants alone
    for k in range(instance.partial_rounds):
        drift = [(a + c) % p for a, c in zip(drift, instance.constants[half + k][1:], strict=True)]
        column = [_dot(line, column) % p for line in inverse]
        rows.append((corner, *row))
        columns.append(tuple(column))
        shifts.append((_dot(matrix[0][1:], drift) + instance.constants[half + k + 1][0]) % p)
        row = [_dot(row, line) % p for line in block_columns]
        drift = [_dot(line, drift) % p for line in block]
        power_columns = [[_dot(line, old) % p for line in block] for old in power_columns]
    closing = [(a + c) % p for a, c in zip(drift, instance.constants[half + instance.partial_rounds][1:], strict=True)]
    power = tuple(zip(*power_columns, strict=True))
    return PartialRounds(tuple(rows), tuple(columns), tuple(shifts), power, tuple(closing))


@cache
def _host_parameters(width: int) -> tuple:
    """For `hash`, as mpz: modulus, matrix, constants of the full rounds before and after, partial rounds."""
    instance = parameters(width)
    constants = [tuple(map(mpz, row)) for row in instance.constants]
    half = instance.full_rounds // 2
    matrix = tuple(tuple(map(mpz, row)) for row in instance.matrix)
    before, after = constants[: half + 1], constants[half + instance.partial_rounds + 1 :]
    return mpz(instance.modulus), matrix, before, after, partial_rounds(instance)


def _full_round(state: list, matrix: tuple, constants: Sequence, p: mpz) -> list:
    """S-boxes on every element, the matrix, and the constants of the next round."""
    raised = []
    for x in state:
        square = x * x % p
        raised.append(square * square % p * x % p)
    return [(sum(map(mul, row, raised)) + c) % p for row, c in zip(matrix, constants, strict=True)]


def hash(inputs: Sequence[int], tag: int = 0) -> int:
    """Poseidon of 1 to 16 integers, each reduced mod r: a negative balance -b is hashed as r - b.

    Raises ValueError for another number of inputs.  Since x and x + r have the same hash, integers from outside must be
    range-checked first.
    """
    state, matrix, p = _before_last_round((tag, *inputs))
    return int(_full_round(state, matrix[:1], (0,), p)[0])


def permutation(state: Sequence[int]) -> tuple[int, ...]:
    """Poseidon's permutation of 2 to 17 integers, each reduced mod r.  Its first element is the hash.

    Raises ValueError for another number of integers.
    """
    before, matrix, p = _before_last_round(state)
    return tuple(map(int, _full_round(before, matrix, (0,) * len(state), p)))


def _before_last_round(first: Sequence[int]) -> tuple[list, tuple, mpz]:
    """The state before the last round's S-boxes, the matrix and the modulus."""
    p, matrix, before, after, partial = _host_parameters(len(first))
    state = [(x + c) % p for x, c in zip(first, before[0], strict=True)]
    for constants in before[1:-1]:
        state = _full_round(state, matrix, constants, p)
    first_only = (before[-1][0],) + (0,) * (len(first) - 1)
    x, *z = _full_round(state, matrix, first_only, p)
    for row, column, shift in zip(partial.rows, partial.columns, partial.shifts, strict=True):
        square = x * x % p
        raised = square * square % p * x % p
        x = (sum(map(mul, row, (raised, *z))) + shift) % p
        z = [a + b * raised for a, b in zip(z, column)]  # noqa: B905  (60 times a hash; `strict` costs 8 %)
    state = [x] + [(sum(map(mul, row, z)) + c) % p for row, c in zip(partial.power, partial.closing, strict=True)]
    for constants in after:
        state = _full_round(state, matrix, constants, p)
    return state, matrix, p
