"""The matrices A and B in a .zkey file, one term after another in any order.

    u32 count | count × (u32 0 for A, 1 for B | u32 row | u32 wire | coefficient·2^512 modulo r)

The wire one and the public inputs have a row each in A after those of the constraints, whose number is nowhere else in
the file.  (snarkjs, "zkey_new.js".)
"""

import numpy as np

from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FR, WORDS
from zk.formats import zkeyheader
from zk.formats.sections import Section
from zk.ntt import polynomial
from zk.r1cs.sparse import MINUS_ONE, ONE

_TERM = np.dtype([("matrix", "<u4"), ("row", "<u4"), ("wire", "<u4"), ("value", "<u8", WORDS)])
_ROW = np.dtype((np.void, 8 * WORDS))  # compared as bytes, which is enough to find equal rows


def decode(section: Section, wires: int, public: int, log_size: int) -> dict[str, np.ndarray]:
    """The arrays of ProvingKey that describe A and B, by their names there.

    Raises FormatError when a term names a matrix, row or wire that is not there, a coefficient is not reduced, or the
    rows of the public inputs are not as they should be.
    """
    terms = _terms(section)
    for name, limit in (("matrix", 2), ("row", 1 << log_size), ("wire", wires)):
        if terms[name].max(initial=0) >= limit:
            raise FormatError(f"{section.what} name a {name} that is not there")
    rows, is_in_a = terms["row"].astype(np.int64), terms["matrix"] == 0
    constraints = int(rows[is_in_a].max(initial=-1)) - public
    if rows[~is_in_a].max(initial=-1) >= constraints:  # with no B at all, when there are fewer rows than public inputs
        raise FormatError(f"{section.what} do not end with the rows of the public inputs")
    # 2^512 times a number is its Montgomery form twice over: taking it off once leaves Montgomery words.
    coefficients, places = _table(polynomial.to_plain(np.require(terms["value"], np.uint64, ["C", "W"])))
    columns = np.stack([terms["wire"], places], axis=1).astype(np.int32)
    matrices = {"coefficients": coefficients}
    for name, chosen, count in (("a", is_in_a, constraints + public + 1), ("b", ~is_in_a, constraints)):
        order = np.argsort(rows[chosen], kind="stable")
        starts = np.zeros(count + 1, dtype=np.int64)
        np.cumsum(np.bincount(rows[chosen], minlength=count), out=starts[1:])
        matrices |= {f"{name}_starts": starts, f"{name}_terms": columns[chosen][order]}
    starts = matrices["a_starts"][constraints:]
    last = matrices["a_terms"][starts[0] :]
    if (np.diff(starts) != 1).any() or not np.array_equal(last, [(wire, ONE) for wire in range(public + 1)]):
        raise FormatError(f"{section.what} do not end with the rows of the public inputs")
    return matrices


def encode(matrices: np.ndarray, rows: np.ndarray, wires: np.ndarray, values: np.ndarray) -> bytes:
    """The section with these terms in their order: 0 for A or 1 for B, row, wire, and (n, 4) plain words below r."""
    terms = np.empty(len(rows), dtype=_TERM)
    terms["matrix"], terms["row"], terms["wire"] = matrices, rows, wires
    terms["value"] = polynomial.from_plain(polynomial.from_plain(values))
    return len(terms).to_bytes(zkeyheader.COUNT_BYTES, "little") + terms.tobytes()


def _terms(section: Section) -> np.ndarray:
    """The terms as they lie in the file, with coefficients that are reduced."""
    zkeyheader.check_terms(section)
    terms = np.frombuffer(section.data, dtype=_TERM, offset=zkeyheader.COUNT_BYTES)
    if not array.is_canonical(FR, terms["value"]):
        raise FormatError(f"{section.what} have a coefficient that is not below the modulus")
    return terms


def _table(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows behind 1 and -1, and for every value its place among them."""
    units = array.encode(FR, [1, -1])  # at ONE and at MINUS_ONE
    is_unit = [(values == unit).all(axis=1) for unit in units]
    others = ~(is_unit[ONE] | is_unit[MINUS_ONE])
    distinct, places = np.unique(values[others].view(_ROW).reshape(-1), return_inverse=True)
    result = np.where(is_unit[MINUS_ONE], MINUS_ONE, ONE)
    result[others] = len(units) + places
    return np.concatenate([units, distinct.view(np.uint64).reshape(-1, WORDS)]), result
