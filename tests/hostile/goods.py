"""A small good file of each format, the positions of its numbers, and a use of it.

The files are in tests/hostile/corpus, whose README.md tells how they were made.  Only `Format.consume` uses our
readers: it does with a file what the commands do, so a file that is accepted also reaches the kernels.
"""

import io
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

from zk.errors import FormatError, InvalidProof
from zk.fields import conversion
from zk.fields.prime import FR

CORPUS = Path(__file__).parent / "corpus"
P = 21888242871839275222246405745257275088696311157297823662689037894645226208583
R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
HEAD_BYTES, SECTION_HEAD_BYTES, FIELD_BYTES = 12, 12, 32

Parts = list[tuple[int, bytes]]


@dataclass(frozen=True)
class Format:
    """A kind of file.

    `numbers` has the offsets of the u32s in the header, section 1 or 2.  `elements` has for a section the modulus of
    its elements, the offset of the first one and the distance to the next; `indices` has the same for u32s.
    """

    name: str
    version: int
    header: int
    numbers: dict[str, int]
    elements: dict[int, tuple[int, int, int]]
    indices: dict[int, tuple[tuple[int, int], ...]]
    consume: Callable[[BinaryIO], None]

    @property
    def magic(self) -> bytes:
        """The first four bytes."""
        return self.name.encode()

    def good(self) -> bytes:
        """The content of the good file."""
        return content(f"good.{self.name}")


@cache
def content(name: str) -> bytes:
    """A file of the corpus."""
    return (CORPUS / name).read_bytes()


def parts(data: bytes) -> Parts:
    """The sections of a good file, in their order."""
    found, position = [], HEAD_BYTES
    while position < len(data):
        number, length = struct.unpack_from("<IQ", data, position)
        position += SECTION_HEAD_BYTES
        found.append((number, data[position : position + length]))
        position += length
    return found


def joined(magic: bytes, version: int, sections: Parts) -> bytes:
    """The file with these sections."""
    head = magic + struct.pack("<II", version, len(sections))
    return head + b"".join(struct.pack("<IQ", number, len(data)) + data for number, data in sections)


def _powers():
    """The powers in the good file."""
    from zk.formats import ptau

    return ptau.decode(content("good.ptau"))


def _use_r1cs(file: BinaryIO) -> None:
    """Reads it as commands do, evaluates it on a witness of zeros, and makes a key for it."""
    from zk.ceremony import initial_key
    from zk.formats import r1csfile, r1cslabels, r1cstext, symfile
    from zk.r1cs import r1cs

    system, terms = r1csfile.decode(file), r1csfile.decode_terms(file)
    r1cslabels.decode(file)
    if system.num_wires <= 1 << 10:
        r1cs.first_unsatisfied(system, [1] + [0] * (system.num_wires - 1))
        "".join(r1cstext.constraints(system, symfile.numbered_names(system.num_wires)))
        initial_key.make(terms, _powers())


def _use_wtns(file: BinaryIO) -> None:
    """Reads it, and puts it into Montgomery form."""
    from zk.formats import wtns

    conversion.from_plain(FR, wtns.decode(file))


def _use_zkey(file: BinaryIO) -> None:
    """Reads it, checks the ceremony, contributes, proves and verifies."""
    from zk.ceremony import phase2, phase2check
    from zk.fields import array
    from zk.formats import r1csfile, zkey, zkeyfile
    from zk.groth16 import prover, tables, verifier

    whole, key = zkeyfile.decode(file), tables.extend(zkey.decode(file))
    with suppress(InvalidProof):
        phase2check.verify(whole, r1csfile.decode_terms(content("good.r1cs")), _powers())
    phase2.contribute(whole)
    values = array.plain([1, *range(3, key.num_wires + 2)])
    proof = prover.prove(key, conversion.from_plain(FR, values))
    with suppress(InvalidProof):
        verifier.verify(key.verifying, list(range(3, key.num_public + 3)), proof)


def _use_ptau(file: BinaryIO) -> None:
    """Reads every point and contribution of it, and checks the ceremony."""
    from zk.ceremony import phase1check
    from zk.formats import ptau, ptaucontributions

    powers = ptau.decode(file)
    ptaucontributions.decode(powers.contributions)
    for name in ptau.PARTS:
        rows = getattr(powers, name)
        if rows is not None:
            ptau.load(rows, name)
    with suppress(InvalidProof):
        phase1check.verify(powers)


def _points(section: int) -> dict[int, tuple[int, int, int]]:
    return {section: (P, 0, FIELD_BYTES)}


R1CS = Format("r1cs", 1, 1, {"words": 0, "wires": 36, "outputs": 40, "inputs": 44, "constraints": 60},
              {2: (R, 8, 1 << 40)}, {2: ((0, 1 << 40), (4, 1 << 40))}, _use_r1cs)  # fmt: skip
WTNS = Format("wtns", 2, 1, {"words": 0, "wires": 36}, {2: (R, 0, FIELD_BYTES)}, {}, _use_wtns)
ZKEY = Format(
    "zkey", 1, 2, {"words of p": 0, "words of r": 36, "wires": 72, "public": 76, "domain": 80},
    {2: (P, 84, FIELD_BYTES), 4: (R, 16, 44)} | {number: (P, 0, FIELD_BYTES) for number in (3, 5, 6, 7, 8, 9)}
    | {10: (P, 68, 1 << 40)}, {10: ((64, 1 << 40),), 4: ((0, 1 << 40), (4, 44), (8, 44), (12, 44))}, _use_zkey,
)  # fmt: skip
PTAU = Format(
    "ptau", 1, 1, {"words": 0, "power": 36, "power of the ceremony": 40},
    {number: (P, 0, FIELD_BYTES) for number in (2, 3, 4, 5, 6, 12, 13, 14, 15)} | {7: (P, 4, 1 << 40)},
    {7: ((0, 1 << 40),)}, _use_ptau,
)  # fmt: skip
FORMATS = {found.name: found for found in (R1CS, WTNS, ZKEY, PTAU)}


def refusal(kind: Format, data: bytes) -> str | None:
    """The sentence that refuses a file as malformed, or None when it was read and used to the end."""
    try:
        kind.consume(io.BytesIO(data))
    except FormatError as error:
        return str(error)
    return None
