"""Writes circom's and snarkjs's binary files for tests, as sections that a test can change."""

import struct

import numpy as np

from zk.curves import g1, g2
from zk.fields import array
from zk.fields.prime import FR, MONTGOMERY, P, R
from zk.groth16.provingkey import ProvingKey
from zk.r1cs.r1cs import R1CS

Sections = dict[int, bytes]


def container(magic: bytes, version: int, sections: Sections) -> bytes:
    """The file with these sections, in the order of the dictionary."""
    head = magic + struct.pack("<II", version, len(sections))
    return head + b"".join(struct.pack("<IQ", number, len(data)) + data for number, data in sections.items())


def u32(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers)


def field(value: int) -> bytes:
    """32 bytes, little-endian."""
    return value.to_bytes(32, "little")


def wtns_sections(values: list[int]) -> Sections:
    return {1: u32(32) + field(R) + u32(len(values)), 2: b"".join(map(field, values))}


def wtns(values: list[int]) -> bytes:
    """WITNESS.wtns."""
    return container(b"wtns", 2, wtns_sections(values))


def zkey(key: ProvingKey) -> bytes:
    """CIRCUIT.zkey."""
    return container(b"zkey", 1, zkey_sections(key))


def zkey_sections(key: ProvingKey) -> Sections:
    vk = key.verifying
    header = u32(32) + field(P) + u32(32) + field(R) + u32(key.num_wires, key.num_public, 1 << key.log_size)
    header += b"".join(g1.encode([point]).tobytes() for point in (vk.alpha_g1, key.beta_g1))
    header += g2.encode([vk.beta_g2, vk.gamma_g2]).tobytes() + g1.encode([key.delta_g1]).tobytes()
    header += g2.encode([vk.delta_g2]).tobytes()
    return {
        1: u32(1),
        2: header,
        3: g1.encode(vk.ic).tobytes(),
        4: terms([*_matrix(key, "a", 0), *_matrix(key, "b", 1)]),
        5: _spread(key.num_wires, key.a_indices, key.a_query[0]),
        6: _spread(key.num_wires, key.b_indices, key.b_g1_query[0]),
        7: _spread(key.num_wires, key.b_indices, key.b_g2_query[0]),
        8: key.l_query[0].tobytes(),
        9: key.h_query[0].tobytes(),
        10: bytes(68),
    }


def terms(entries: list[tuple[int, int, int, int]]) -> bytes:
    """The section of the terms (matrix, row, wire, coefficient)."""
    return u32(len(entries)) + b"".join(
        u32(*places) + field(value * MONTGOMERY * MONTGOMERY % R) for *places, value in entries
    )


def _matrix(key: ProvingKey, name: str, number: int) -> list[tuple[int, int, int, int]]:
    starts, entries = getattr(key, f"{name}_starts"), getattr(key, f"{name}_terms")
    values = array.decode(FR, key.coefficients)
    return [
        (number, row, int(wire), values[place])
        for row in range(len(starts) - 1)
        for wire, place in entries[starts[row] : starts[row + 1]]
    ]


def _spread(num_wires: int, present: np.ndarray, points: np.ndarray) -> bytes:
    """The points of all wires, all zero for wires without a point."""
    everything = np.zeros((num_wires, *points.shape[1:]), dtype=np.uint64)
    everything[present] = points
    return everything.tobytes()


def r1cs_sections(system: R1CS) -> Sections:
    """The sections of CIRCUIT.r1cs; all public wires are inputs."""
    header = u32(32) + field(R) + u32(system.num_wires, 0, system.num_public, 0)
    triples = zip(*(matrix.rows() for matrix in (system.a, system.b, system.c)), strict=True)
    return {
        2: b"".join(combination(row) for triple in triples for row in triple),
        1: header + struct.pack("<QI", system.num_wires, system.num_constraints),
        3: struct.pack(f"<{system.num_wires}Q", *range(system.num_wires)),
    }


def combination(row: list[tuple[int, int]]) -> bytes:
    """One linear combination, a list of (wire, coefficient)."""
    return u32(len(row)) + b"".join(u32(wire) + field(value) for wire, value in row)
