"""Which columns of a sparse matrix over a prime field can be non-zero while the matrix times the vector is zero.

Constraint systems are nearly triangular, so almost every unknown falls out of a row in which it is the only one left.
Where no such row remains, one unknown becomes a parameter and the walk goes on, writing every later unknown as a
combination of parameters ("inactivation", RFC 6330, section 5.4.2.2).  Rows that defined nothing are equations
between parameters, few enough to be solved by plain elimination.  Exact: no probability, no floating point.
"""

from collections.abc import Sequence
from dataclasses import dataclass

Row = dict[int, int]


@dataclass(frozen=True)
class Nullspace:
    """The dimension of {x : M·x = 0}, and the columns that are non-zero in some x of it."""

    dimension: int
    support: frozenset[int]


def of(rows: Sequence[Row], columns: int, modulus: int) -> Nullspace:
    """The null space of the matrix with the given rows {column: value}, values canonical and not zero.

    Quick when the columns come in an order in which earlier ones tend to determine later ones.
    """
    order = _order(rows, columns)
    forms = _forms(rows, order, modulus)
    defining = {row for _, row in order}
    equations = [_evaluate(row, forms, modulus) for i, row in enumerate(rows) if i not in defining]
    solved = _solve([equation for equation in equations if equation], modulus)
    parameters = sum(row is None for _, row in order)
    support = (column for column, form in forms.items() if _evaluate(form, solved, modulus, unknown_stay=True))
    return Nullspace(parameters - len(solved), frozenset(support))


def _order(rows: Sequence[Row], columns: int) -> list[tuple[int, int | None]]:
    """Every column with the row that defines it by columns before it, or with None when it is a parameter."""
    places: list[list[int]] = [[] for _ in range(columns)]
    left = [len(row) for row in rows]
    mixed = [0] * len(rows)  # the exclusive or of the columns a row has left: the last one, when one is left
    for i, row in enumerate(rows):
        for column in row:
            places[column].append(i)
            mixed[i] ^= column
    order: list[tuple[int, int | None]] = []
    settled = [False] * columns
    ready = [i for i, count in enumerate(left) if count == 1]

    def settle(column: int, row: int | None) -> None:
        order.append((column, row))
        settled[column] = True
        for i in places[column]:
            left[i] -= 1
            mixed[i] ^= column
            if left[i] == 1:
                ready.append(i)

    for column in range(columns):
        while ready:
            row = ready.pop()
            if left[row] == 1:
                settle(mixed[row], row)
        if not settled[column]:
            settle(column, None)
    return order


def _forms(rows: Sequence[Row], order: Sequence[tuple[int, int | None]], modulus: int) -> dict[int, Row]:
    """Each column as a combination {parameter: value}; columns that must be zero are left out."""
    forms: dict[int, Row] = {}
    for column, row in order:
        if row is None:
            forms[column] = {column: 1}
            continue
        total = _evaluate(rows[row], forms, modulus)
        if total:
            scale = -pow(rows[row][column], -1, modulus)
            forms[column] = {parameter: value * scale % modulus for parameter, value in total.items()}
    return forms


def _evaluate(row: Row, forms: dict[int, Row], modulus: int, unknown_stay: bool = False) -> Row:
    """Σ value·form over the columns of a row.  A column without a form counts as zero, or as itself."""
    total: Row = {}
    for column, value in row.items():
        form = forms.get(column)
        if form is None and unknown_stay:
            form = {column: 1}
        if form:
            for parameter, factor in form.items():
                total[parameter] = (total.get(parameter, 0) + value * factor) % modulus
    return {parameter: value for parameter, value in total.items() if value}


def _solve(equations: Sequence[Row], modulus: int) -> dict[int, Row]:
    """Some parameters as combinations of the others, such that every equation Σ value·parameter = 0 holds."""
    solved: dict[int, Row] = {}
    for equation in equations:
        rest = _evaluate(equation, solved, modulus, unknown_stay=True)
        if not rest:
            continue
        pivot, value = rest.popitem()
        scale = -pow(value, -1, modulus)
        solved = {
            parameter: _evaluate(form, {pivot: _scaled(rest, scale, modulus)}, modulus, unknown_stay=True)
            for parameter, form in solved.items()
        }
        solved[pivot] = _scaled(rest, scale, modulus)
    return solved


def _scaled(row: Row, scale: int, modulus: int) -> Row:
    return {column: value * scale % modulus for column, value in row.items()}
