"""Quadratic arithmetic programs, by schoolbook polynomials over a prime field.  Ints and lists only.

A system is three lists of rows, each row a dict from wire to coefficient; wire 0 is one, then the public inputs.
"""

from dataclasses import dataclass

R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
GENERATOR = 5

Row = dict[int, int]


@dataclass(frozen=True)
class System:
    """A rank-1 constraint system: the rows of A, B and C, how many wires and public inputs it has."""

    a: list[Row]
    b: list[Row]
    c: list[Row]
    num_wires: int
    num_public: int


# x^3 + x + 5k = y, and (3x^2 - x)(k + 7) = z; wires are 1, y, k | x, x^2, x^3, z, and the first two after 1 are public.
CUBIC = System(
    a=[{3: 1}, {4: 1}, {2: 5, 3: 1, 5: 1}, {3: R - 1, 4: 3}],
    b=[{3: 1}, {3: 1}, {0: 1}, {0: 7, 2: 1}],
    c=[{4: 1}, {5: 1}, {1: 1}, {6: 1}],
    num_wires=7,
    num_public=2,
)


def cubic_witness(x: int, k: int) -> list[int]:
    """The witness of CUBIC for a private x and a public k."""
    y, z = x**3 + x + 5 * k, (3 * x**2 - x) * (k + 7)
    return [value % R for value in (1, y, k, x, x**2, x**3, z)]


def with_public_rows(system: System) -> System:
    """The system as snarkjs extends it: A has one more row, with entry 1, for the wire one and each public input."""
    more = [{wire: 1} for wire in range(system.num_public + 1)]
    nothing = [{} for _ in more]
    return System(system.a + more, system.b + nothing, system.c + nothing, system.num_wires, system.num_public)


def size(system: System) -> int:
    """The smallest power of two that is at least the number of rows."""
    result = 1
    while result < len(system.a):
        result *= 2
    return result


def root(order: int) -> int:
    """A root of unity of the given order, a power of two."""
    return pow(GENERATOR, (R - 1) // order, R)


def value(polynomial: list[int], x: int) -> int:
    """polynomial(x), coefficients from the constant up."""
    return sum(c * pow(x, i, R) for i, c in enumerate(polynomial)) % R


def product(left: list[int], right: list[int]) -> list[int]:
    """left · right."""
    result = [0] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            result[i + j] = (result[i + j] + a * b) % R
    return result


def interpolate(nodes: list[int], values: list[int]) -> list[int]:
    """The polynomial of degree below len(nodes) with these values, by Lagrange."""
    result = [0] * len(nodes)
    for i, node in enumerate(nodes):
        basis, scale = [1], values[i]
        for j, other in enumerate(nodes):
            if i != j:
                basis = product(basis, [-other % R, 1])
                scale = scale * pow(node - other, -1, R) % R
        result = [(c + scale * b) % R for c, b in zip(result, basis, strict=True)]
    return result


def divide_by_vanishing(polynomial: list[int], n: int) -> tuple[list[int], list[int]]:
    """Quotient and remainder of the division by x^n - 1."""
    rest, quotient = list(polynomial), [0] * max(len(polynomial) - n, 1)
    for i in range(len(rest) - 1, n - 1, -1):
        quotient[i - n] = rest[i]
        rest[i - n] = (rest[i - n] + rest[i]) % R
        rest[i] = 0
    return quotient, rest[:n]


def columns(rows: list[Row], num_wires: int, n: int) -> list[list[int]]:
    """The polynomial of each wire: its coefficient in row i at the i-th power of the n-th root of unity."""
    nodes = [pow(root(n), i, R) for i in range(n)]
    table = rows + [{}] * (n - len(rows))
    return [interpolate(nodes, [row.get(wire, 0) for row in table]) for wire in range(num_wires)]


def combination(polynomials: list[list[int]], witness: list[int]) -> list[int]:
    """Σ witness_j · polynomial_j."""
    return [sum(w * p[i] for w, p in zip(witness, polynomials, strict=True)) % R for i in range(len(polynomials[0]))]
