"""Constraints as text with the names of signals, [ A ] * [ B ] - [ C ] = 0, laid out as by `snarkjs r1cs print`.

A coefficient is written with the sign that gives the smaller absolute value: -1 rather than r - 1.
"""

from collections.abc import Iterable, Sequence

from zk.r1cs.r1cs import R1CS, Row


def constraint(system: R1CS, index: int, names: Sequence[str], max_terms: int | None = None) -> str:
    """Constraint `index`, counted from 0.  A longer combination is cut after `max_terms` terms, and says so.

    `names` has one name for each wire; the name of wire 0 is "1" (zk/formats/symfile.py makes them).
    """
    return _text((side.row(index) for side in (system.a, system.b, system.c)), names, system.modulus, max_terms)


def constraints(system: R1CS, names: Sequence[str]) -> Iterable[str]:
    """All constraints, in order."""
    for rows in zip(system.a.rows(), system.b.rows(), system.c.rows(), strict=True):
        yield _text(rows, names, system.modulus, None)


def _text(rows: Iterable[Row], names: Sequence[str], modulus: int, max_terms: int | None) -> str:
    a, b, c = (_combination(row, names, modulus, max_terms) for row in rows)
    return f"[ {a} ] * [ {b} ] - [ {c} ] = 0"


def _combination(row: Row, names: Sequence[str], modulus: int, max_terms: int | None) -> str:
    """x -y +3*z +5, or 0 for the empty sum."""
    left_out = 0 if max_terms is None else max(len(row) - max_terms, 0)
    terms = [_term(value, wire, names, modulus) for wire, value in row[:max_terms]]
    text = " ".join(terms).removeprefix("+") or "0"
    return f"{text} and {left_out} more terms" if left_out else text


def _term(value: int, wire: int, names: Sequence[str], modulus: int) -> str:
    sign, size = ("-", modulus - value) if value > modulus // 2 else ("+", value)
    if wire == 0:
        return f"{sign}{size}"
    return sign + (names[wire] if size == 1 else f"{size}*{names[wire]}")
