"""The matrices A and B in a .zkey file: their terms in any order.

    u32 count | count × (u32 0 for A, 1 for B | u32 row | u32 wire | coefficient·2^512 modulo r)

After the constraints A has one row for the wire one and for each public input; so the terms also give the number of
constraints, which the file does not state.  (snarkjs, "zkey_new.js".)
"""

import numpy as np

from zk.errors import FormatError
from zk.fields import array, conversion
from zk.fields.prime import FR, WORDS
from zk.formats import zkeyheader
from zk.formats.sections import Section
from zk.formats.zkeyheader import KeyHeader
from zk.r1cs.sparse import MINUS_ONE, ONE

_TERM = np.dtype([("matrix", "<u4"), ("row", "<u4"), ("wire", "<u4"), ("value", "<u8", WORDS)])
_ROW = np.dtype((np.void, 8 * WORDS))  # compared as bytes, which is enough to find equal rows


def decode(section: Section, header: KeyHeader) -> dict[str, np.ndarray]:
    """The arrays of ProvingKey that hold A and B, by their names there.

    Raises FormatError when a term names a matrix, row or wire that does not exist, a coefficient is not reduced, or the
    rows of the public inputs are not what they should be.
    """
    terms = _terms(section)
    for name, limit in (("matrix", 2), ("row", 1 << header.log_size), ("wire", header.num_wires)):
        if terms[name].max(initial=0) >= limit:
            raise FormatError(f"{section.what} name a {name} that does not exist")
    rows, is_in_a = terms["row"].astype(np.int64), terms["matrix"] == 0
    num_constraints = int(rows[is_in_a].max(initial=-1)) - header.num_public
    # When A has fewer rows than there are public inputs, num_constraints is negative and -1 refuses even an empty B.
    if rows[~is_in_a].max(initial=-1) >= num_constraints:
        raise FormatError(f"{section.what} do not end with the rows of the public inputs")
    # Values are Montgomery forms twice over, so to_plain leaves Montgomery words.
    coefficients, indices = _table(conversion.to_plain(FR, np.require(terms["value"], np.uint64, ["C", "W"])))
    pairs = np.stack([terms["wire"], indices], axis=1).astype(np.int32)
    a_starts, a_terms = _sort_by_row(rows[is_in_a], pairs[is_in_a], num_constraints + header.num_public + 1)
    b_starts, b_terms = _sort_by_row(rows[~is_in_a], pairs[~is_in_a], num_constraints)
    public_starts = a_starts[num_constraints:]
    public_terms = a_terms[public_starts[0] :]
    expected = [(wire, ONE) for wire in range(header.num_public + 1)]
    if (np.diff(public_starts) != 1).any() or not np.array_equal(public_terms, expected):
        raise FormatError(f"{section.what} do not end with the rows of the public inputs")
    return {
        "coefficients": coefficients,
        "a_starts": a_starts,
        "a_terms": a_terms,
        "b_starts": b_starts,
        "b_terms": b_terms,
    }


def encode(matrices: np.ndarray, rows: np.ndarray, wires: np.ndarray, values: np.ndarray) -> bytes:
    """The section with these terms in their order: 0 for A or 1 for B, row, wire, and (n, 4) plain words below r."""
    terms = np.empty(len(rows), dtype=_TERM)
    terms["matrix"], terms["row"], terms["wire"] = matrices, rows, wires
    terms["value"] = conversion.from_plain(FR, conversion.from_plain(FR, values))
    return len(terms).to_bytes(zkeyheader.COUNT_BYTES, "little") + terms.tobytes()


def _terms(section: Section) -> np.ndarray:
    """The terms in the order of the file.  Raises FormatError unless their coefficients are reduced."""
    zkeyheader.check_terms(section)
    terms = np.frombuffer(section.data, dtype=_TERM, offset=zkeyheader.COUNT_BYTES)
    if not array.is_canonical(FR, terms["value"]):
        raise FormatError(f"{section.what} have a coefficient that is not below the modulus")
    return terms


def _sort_by_row(rows: np.ndarray, pairs: np.ndarray, num_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """The start of each row, and the pairs in the order of their rows."""
    starts = np.zeros(num_rows + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=num_rows), out=starts[1:])
    return starts, pairs[np.argsort(rows, kind="stable")]


def _table(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """1, -1 and the other distinct values; and the index of every value among them."""
    units = array.encode(FR, [1, -1])  # at ONE and at MINUS_ONE
    is_unit = [(values == unit).all(axis=1) for unit in units]
    is_other = ~(is_unit[ONE] | is_unit[MINUS_ONE])
    distinct, places = np.unique(values[is_other].view(_ROW).reshape(-1), return_inverse=True)
    indices = np.where(is_unit[MINUS_ONE], MINUS_ONE, ONE)
    indices[is_other] = len(units) + places
    return np.concatenate([units, distinct.view(np.uint64).reshape(-1, WORDS)]), indices
