"""Powers of τ prepared for phase 2: every power of two of them turned into Lagrange points, and the check of that.

For each k the points [L_i(τ)] over the 2^k-th roots of unity come from the first 2^k powers by zk/msm/lagrange_basis.py.
The last k, power + 1, is for τ in G1 only and lacks the highest power, which nobody needs there: snarkjs takes the
identity for it, and so do we.  (A copy shortened from more powers has the true one instead.)

The check is one equation for a part: random ρ_i for the Lagrange points of all k together give

    Σ_k Σ_i ρ_ki L_ki = Σ_j c_j [τ^j],    c_j the sum over k of the coefficients of the polynomial with values ρ_ki

Source: Bowe, Gabizon, Miers (ePrint 2017/1050), section 6; snarkjs, "powersoftau_preparephase2.js".
"""

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from zk.ceremony import batches, proof_of_knowledge, rlc
from zk.ceremony.rlc import Sum
from zk.curves import bn254, g1, g2
from zk.errors import FormatError, InvalidProof
from zk.fields.prime import MONTGOMERY, WORDS
from zk.formats import ptau
from zk.formats.ptau import Powers, Rows
from zk.msm import lagrange_basis
from zk.ntt import ntt, polynomial
from zk.runtime.progress import Progress, Steps, silent

MAX_POWER = ntt.MAX_LOG_SIZE - 1
BYTES_PER_POWER = 800  # of memory that `prepare` takes; 720 between 2^16 and 2^18

SOURCES = {name: name.removeprefix("lagrange_") for name in ptau.LAGRANGE}


def prepare(powers: Powers, file: BinaryIO, progress: Progress = silent) -> None:
    """Write the powers with their Lagrange points, byte for byte as snarkjs does.

    Raises FormatError when a point of the powers is not one, or there are more than 2^26.  Not to be called from a task
    of the pool.
    """
    if powers.power > MAX_POWER:
        raise FormatError(f"the powers are 2^{powers.power}, and 2^{MAX_POWER} is the limit of what is prepared")
    total = sum(_multiplications(name, powers.power) for name in SOURCES)
    steps = Steps(total, progress)
    parts = {name: batches.pieces(getattr(powers, name)) for name in ptau.PARTS if name not in SOURCES}
    parts |= {name: _levels(getattr(powers, source), name, powers.power, steps) for name, source in SOURCES.items()}
    data = powers.contributions.data
    ptau.write(file, powers.power, powers.ceremony_power, parts, (len(data), [data]))


def _sizes(name: str, power: int) -> range:
    """The k of a Lagrange section."""
    return range(power + 1 + (name == "lagrange_tau_g1"))


def _weight(name: str) -> int:
    """What a point of a section counts for."""
    return 1 if ptau.PARTS[name].shape == g1.SHAPE else 3


def _multiplications(name: str, power: int) -> int:
    """The work of a Lagrange section."""
    return _weight(name) * sum(map(lagrange_basis.multiplications, _sizes(name, power)))


def _levels(points: Rows, name: str, power: int, steps: Steps) -> Iterator[np.ndarray]:
    """The Lagrange points of a section, k after k."""
    rows = np.concatenate([ptau.taken(piece, SOURCES[name]) for piece in batches.pieces(points)])
    rows = np.concatenate([rows, np.zeros((len(rows) % 2, *rows.shape[1:]), np.uint64)])
    for size in _sizes(name, power):
        work = _weight(name) * lagrange_basis.multiplications(size)
        yield lagrange_basis.lagrange(rows[: 1 << size], steps.part(work))


def memory_bytes(power: int) -> int:
    """About how much memory `prepare` takes for 2^power powers."""
    return BYTES_PER_POWER << power


def work(powers: Powers) -> int:
    """What `check` counts for."""
    names = [*SOURCES, *SOURCES.values()]
    return sum(batches.work(getattr(powers, name)) for name in names)


def check(powers: Powers, steps: Steps) -> None:
    """The Lagrange points of prepared powers, given that the powers are what they should be.

    Raises InvalidProof, naming the section, when they are not what `prepare` writes, and FormatError when one is no
    point, or there are more than 2^26 powers.  Not to be called from a task of the pool.
    """
    if powers.power > MAX_POWER:
        raise FormatError(f"the powers are 2^{powers.power}, and 2^{MAX_POWER} is the limit of what is checked")
    for name, source in SOURCES.items():
        points, lagrange = getattr(powers, source), getattr(powers, name)
        total, coefficients = _combined(lagrange, _sizes(name, powers.power), name, steps)
        expected = Sum()
        for first, rows in enumerate(batches.pieces(points)):
            scalars = coefficients[first * batches.COUNT :][: len(rows)]
            expected.add(ptau.taken(rows, source), scalars)
            steps.add(batches.work(rows))
        if name == "lagrange_tau_g1" and powers.is_truncated:
            rest = _highest(powers)
            expected.add(rest, coefficients[-1:])
        if total != expected.value:
            raise InvalidProof(f"{name} is not the Lagrange form of {source}")


def _combined(lagrange: Rows, sizes: range, name: str, steps: Steps) -> tuple[object, np.ndarray]:
    """Σ ρ L over a section, and the coefficients of the powers that it must be equal to."""
    total, coefficients = Sum(), np.zeros((1 << sizes[-1], WORDS), np.uint64)
    for size in sizes:
        values = rlc.weights(1 << size)
        scalars = values[lagrange_basis.reversed_bits(size)]
        for first in range(0, 1 << size, batches.COUNT):
            end = min(first + batches.COUNT, 1 << size)
            rows = ptau.taken(lagrange[(1 << size) - 1 + first : (1 << size) - 1 + end], f"{name} of 2^{size}")
            total.add(rows, scalars[first:end])
            steps.add(batches.work(rows))
        ntt.inverse(ntt.domain(size), values)
        both = np.stack([coefficients[: 1 << size], values])
        coefficients[: 1 << size] = polynomial.combine(both, [MONTGOMERY, MONTGOMERY])
    return total.value, coefficients


def _highest(powers: Powers) -> np.ndarray:
    """The power of τ that the file lacks and the last Lagrange points of a shortened copy are made with: (1, 2, 4).

    It is Σ_i ω^-i L_i.  Raises InvalidProof when it is neither that nor the identity.
    """
    size = powers.power + 1
    column = np.zeros((1 << size, WORDS), np.uint64)
    column[-1, 0] = 1
    ntt.forward(ntt.domain(size), column)
    scalars, total = column[lagrange_basis.reversed_bits(size)], Sum()
    rows = ptau.level(powers.lagrange_tau_g1, size)
    for first in range(0, len(rows), batches.COUNT):
        total.add(rows[first : first + batches.COUNT], scalars[first : first + batches.COUNT])
    if total.value is not None:
        last = g1.decode(powers.tau_g1[len(powers.tau_g1) - 1 :])[0]
        tau = g2.decode(powers.tau_g2[1:2])[0]
        proof_of_knowledge.check_same_ratio(
            (last, total.value), (bn254.G2, tau), "lagrange_tau_g1 has a power of another number"
        )
    return g1.encode([total.value])
