"""Preparation of powers of tau for phase 2: Lagrange points for every power-of-two domain, and their verification.

For each k, zk/msm/lagrange_basis.py turns the first 2^k powers into the points [L_i(τ)] over the 2^k-th roots of unity.
The last k, power + 1, exists only for τ in G1 and lacks the highest power, which phase 2 does not need: like snarkjs,
we use the identity in its place.  (A file truncated from more powers has the true power instead.)

Verification is one equation per section.  With random weights ρ_ki for the Lagrange points of all k together,

    Σ_k Σ_i ρ_ki L_ki = Σ_j c_j [τ^j],    c_j the sum over k of the coefficients of the polynomial with values ρ_ki

Source: Bowe, Gabizon, Miers (ePrint 2017/1050), section 6; snarkjs, "powersoftau_preparephase2.js".
"""

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from zk.ceremony import batches, proof_of_knowledge, rlc
from zk.ceremony.rlc import Sum
from zk.curves import bn254, g1, g2
from zk.curves.bn254 import Point
from zk.errors import FormatError, InvalidProof
from zk.fields.prime import MONTGOMERY, WORDS
from zk.formats import ptau
from zk.formats.ptau import Powers, Rows
from zk.msm import lagrange_basis
from zk.ntt import ntt, polynomial
from zk.runtime.progress import Progress, Steps, silent

MAX_POWER = ntt.MAX_LOG_SIZE - 1
BYTES_PER_POWER = 800  # of memory for `prepare`; 720 measured between 2^16 and 2^18
_CHECK_BYTES_PER_POWER = 500  # of memory for `check`, measured at 2^14 to 2^18

SOURCES = {name: name.removeprefix("lagrange_") for name in ptau.LAGRANGE}


def prepare(powers: Powers, file: BinaryIO, progress: Progress = silent) -> None:
    """Writes the powers with their Lagrange points, byte for byte as snarkjs does.

    Raises FormatError when a point of the powers is invalid or there are more than 2^26.  Must not be called from a
    pool task.
    """
    _check_power(powers)
    total = sum(_multiplications(name, powers.power) for name in SOURCES)
    steps = Steps(total, progress)
    parts = {name: batches.split(getattr(powers, name)) for name in ptau.PARTS if name not in SOURCES}
    parts |= {name: _levels(getattr(powers, source), name, powers.power, steps) for name, source in SOURCES.items()}
    data = bytes(powers.contributions.data)
    ptau.write(file, powers.power, powers.ceremony_power, parts, (len(data), [data]))


def memory_bytes(power: int) -> int:
    """About how much memory `prepare` takes for 2^power powers."""
    return BYTES_PER_POWER << power


def _check_power(powers: Powers) -> None:
    if powers.power > MAX_POWER:
        raise FormatError(f"the file has 2^{powers.power} powers; Lagrange points are limited to 2^{MAX_POWER}")


def _sizes(name: str, power: int) -> range:
    """The k of a Lagrange section."""
    return range(power + 1 + (name == "lagrange_tau_g1"))


def _weight(name: str) -> int:
    """The cost of one point of a section."""
    return 1 if ptau.PARTS[name].shape == g1.SHAPE else 3


def _multiplications(name: str, power: int) -> int:
    """The cost of computing a Lagrange section."""
    return _weight(name) * sum(map(lagrange_basis.multiplications, _sizes(name, power)))


def _levels(points: Rows, name: str, power: int, steps: Steps) -> Iterator[np.ndarray]:
    """The Lagrange points of a section, for one k after another."""
    rows = np.concatenate([ptau.load(batch, SOURCES[name]) for batch in batches.split(points)])
    rows = np.concatenate([rows, np.zeros((len(rows) % 2, *rows.shape[1:]), np.uint64)])
    for size in _sizes(name, power):
        cost = _weight(name) * lagrange_basis.multiplications(size)
        yield lagrange_basis.lagrange(rows[: 1 << size], steps.part(cost))


def check_memory_bytes(power: int) -> int:
    """About how much memory `check` takes for 2^power powers."""
    return _CHECK_BYTES_PER_POWER << power


def cost(powers: Powers) -> int:
    """The cost of `check`."""
    names = [*SOURCES, *SOURCES.values()]
    return sum(batches.cost(getattr(powers, name)) for name in names)


def check(powers: Powers, steps: Steps) -> None:
    """Verifies the Lagrange points of prepared powers, given that the powers themselves are right.

    Raises InvalidProof, naming the section, unless they are what `prepare` writes, and FormatError when a point is
    invalid or there are more than 2^26 powers.  Must not be called from a pool task.
    """
    _check_power(powers)
    for name, source in SOURCES.items():
        points, lagrange = getattr(powers, source), getattr(powers, name)
        total, coefficients = _combine(lagrange, _sizes(name, powers.power), name, steps)
        expected = Sum()
        for number, rows in enumerate(batches.split(points)):
            scalars = coefficients[number * batches.SIZE :][: len(rows)]
            expected.add(ptau.load(rows, source), scalars)
            steps.add(batches.cost(rows))
        if name == "lagrange_tau_g1" and powers.is_truncated:
            expected.add(_highest_power(powers, lagrange), coefficients[-1:])
        if total != expected.value:
            raise InvalidProof(f"{name} is not the Lagrange form of {source}")


def _combine(lagrange: Rows, sizes: range, name: str, steps: Steps) -> tuple[Point | None, np.ndarray]:
    """Σ ρ L over a section, and the coefficients c of the powers that it must equal."""
    total, coefficients = Sum(), np.zeros((1 << sizes[-1], WORDS), np.uint64)
    for size in sizes:
        values = rlc.weights(1 << size)
        scalars = values[lagrange_basis.reversed_bits(size)]
        for first in range(0, 1 << size, batches.SIZE):
            end = min(first + batches.SIZE, 1 << size)
            rows = ptau.load(lagrange[(1 << size) - 1 + first : (1 << size) - 1 + end], f"{name} of 2^{size}")
            total.add(rows, scalars[first:end])
            steps.add(batches.cost(rows))
        ntt.inverse(ntt.domain(size), values)
        both = np.stack([coefficients[: 1 << size], values])
        coefficients[: 1 << size] = polynomial.combine(both, [MONTGOMERY, MONTGOMERY])
    return total.value, coefficients


def _highest_power(powers: Powers, lagrange: Rows) -> np.ndarray:
    """The power of τ that a truncated file lacks but its last Lagrange points contain, (1, 2, 4): Σ_i ω^-i L_i.

    Raises InvalidProof when it is neither that power nor the identity.
    """
    size = powers.power + 1
    column = np.zeros((1 << size, WORDS), np.uint64)
    column[-1, 0] = 1
    ntt.forward(ntt.domain(size), column)
    scalars, total = column[lagrange_basis.reversed_bits(size)], Sum()
    rows = ptau.level(lagrange, size)
    for first in range(0, len(rows), batches.SIZE):
        total.add(rows[first : first + batches.SIZE], scalars[first : first + batches.SIZE])
    if total.value is None:
        return np.zeros((1, *g1.SHAPE), np.uint64)
    last = g1.decode(powers.tau_g1[len(powers.tau_g1) - 1 :])[0]
    tau = g2.decode(powers.tau_g2[1:2])[0]
    message = "lagrange_tau_g1 contains a wrong highest power of tau"
    proof_of_knowledge.check_same_ratio((last, total.value), (bn254.G2, tau), message)
    assert isinstance(total.value, bn254.G1Point)
    return g1.encode([total.value])
