"""Circuits of any size to measure on: a chain of fifth powers, x ← (x + c)⁵, with constants that repeat.

    (x + c)·(x + c) = t      t·t = u      u·(x + c) = x'

Three constraints for each link.  Every value but the first is full-size, every wire is in A, and two thirds are in B:
these are the proportions of a chain of Poseidon hashes that circom compiles.
"""

from dataclasses import dataclass

import numpy as np

from zk import entropy
from zk.fields import array
from zk.fields.prime import FR, R
from zk.hashes import poseidon
from zk.r1cs.r1cs import R1CS, SparseMatrix

LEAST, MOST = 3, 22  # log2 of the domains that can be made
_WIDTH = 3  # of the permutation whose constants the links use
_END, _START, _FIRST = 1, 2, 3  # wires: the public end, the secret start, the first that is computed


@dataclass(frozen=True)
class Chain:
    """A circuit that fills a domain of 2^log_size, and a witness in Montgomery words."""

    log_size: int
    system: R1CS
    witness: np.ndarray


def make(log_size: int) -> Chain:
    """A chain as long as the domain has room for, with a random start."""
    links = ((1 << log_size) - 2) // 3  # the domain also has a row for the wire one and one for the public input
    constants = _constants(links)
    return Chain(log_size, _system(constants), array.encode(FR, _values(constants)))


def _constants(links: int) -> list[int]:
    """The constant of each link: those of a Poseidon permutation, over and over."""
    own = [constant for row in poseidon.parameters(_WIDTH).constants for constant in row]
    return (own * (links // len(own) + 1))[:links]


def _system(constants: list[int]) -> R1CS:
    links = len(constants)
    t = _FIRST + 3 * np.arange(links)
    u, following = t + 1, t + 2
    following[-1] = _END
    x = np.concatenate(([_START], following[:-1]))
    one = np.zeros(links, np.int64)
    a, b = [value for c in constants for value in (c, 1, 1, 1)], [value for c in constants for value in (c, 1, 1, c, 1)]
    return R1CS(
        R, 3 * links + 2, 1,
        _matrix((2, 1, 1), (one, x, t, u), a),
        _matrix((2, 1, 2), (one, x, t, one, x), b),
        _matrix((1, 1, 1), (t, u, following), [1] * (3 * links)),
    )  # fmt: skip


def _matrix(terms: tuple[int, int, int], wires: tuple[np.ndarray, ...], values: list[int]) -> SparseMatrix:
    """The rows of all links, three each: the numbers of their terms, the terms' wires, and all values."""
    starts = np.zeros(3 * len(wires[0]) + 1, np.int64)
    np.cumsum(np.tile(terms, len(wires[0])), out=starts[1:])
    return SparseMatrix(starts, np.stack(wires, axis=1).reshape(-1).astype(np.int32), values)


def _values(constants: list[int]) -> list[int]:
    """The value of each wire."""
    x = entropy.scalar(R)
    values = [1, 0, x]
    for constant in constants:
        total = x + constant
        t = total * total % R
        u = t * t % R
        x = u * total % R
        values += (t, u, x)
    values[_END] = values.pop()
    return values
