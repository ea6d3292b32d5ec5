"""Constraints as text, with the names of signals: [ A ] * [ B ] - [ C ] = 0, as `snarkjs r1cs print` lays them out.

Coefficients are signed, of the smaller absolute value: -1 rather than r - 1.
"""

from collections.abc import Iterable, Sequence

from zk.r1cs.r1cs import R1CS, Row


def constraint(system: R1CS, index: int, names: Sequence[str], most: int | None = None) -> str:
    """Constraint `index`, counted from 0; of each combination no more than `most` terms, and how many are left out.

    `names` has one name for each wire; the name of wire 0 is "1" (zk/formats/symbols.py makes them).
    """
    return _text((side.row(index) for side in (system.a, system.b, system.c)), names, system.modulus, most)


def constraints(system: R1CS, names: Sequence[str]) -> Iterable[str]:
    """All of them, in order."""
    for rows in zip(system.a.rows(), system.b.rows(), system.c.rows()):
        yield _text(rows, names, system.modulus, None)


def _text(rows: Iterable[Row], names: Sequence[str], modulus: int, most: int | None) -> str:
    a, b, c = (_combination(row, names, modulus, most) for row in rows)
    return f"[ {a} ] * [ {b} ] - [ {c} ] = 0"


def _combination(row: Row, names: Sequence[str], modulus: int, most: int | None) -> str:
    """x -y +3*z +5, or 0 for the empty sum."""
    left_out = 0 if most is None else max(len(row) - most, 0)
    terms = [_term(value, wire, names, modulus) for wire, value in row[:most]]
    text = " ".join(terms).removeprefix("+") or "0"
    return f"{text} and {left_out} terms more" if left_out else text


def _term(value: int, wire: int, names: Sequence[str], modulus: int) -> str:
    sign, size = ("-", modulus - value) if value > modulus // 2 else ("+", value)
    if wire == 0:
        return f"{sign}{size}"
    return sign + (names[wire] if size == 1 else f"{size}*{names[wire]}")
