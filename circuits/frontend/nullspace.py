"""The columns of a sparse matrix M over a prime field that are non-zero in some x with M·x = 0.

Constraint systems are nearly triangular, so almost every unknown is determined by a row in which it is the only one
left.  When no such row remains, one unknown becomes a parameter, and every later unknown is written as a combination of
parameters ("inactivation", RFC 6330, section 5.4.2.2).  Rows that defined no unknown are equations between parameters,
few enough for plain elimination.  Exact: no probability, no floating point.
"""

from collections.abc import Mapping, Sequence

Row = dict[int, int]


def support(rows: Sequence[Row], columns: int, modulus: int) -> frozenset[int]:
    """The columns that are non-zero in some null vector of the matrix.

    Rows are {column: value} with canonical values, none of them zero.  Fast when earlier columns tend to determine
    later ones.
    """
    order = _order(rows, columns)
    forms = _forms(rows, order, modulus)
    defining = {row for _, row in order}
    equations = [_substitute(row, forms, modulus) for i, row in enumerate(rows) if i not in defining]
    solution = _solve([equation for equation in equations if equation], modulus)
    return frozenset(
        column for column, form in forms.items() if _substitute(form, solution, modulus, keeps_unknown=True)
    )


def _order(rows: Sequence[Row], columns: int) -> list[tuple[int, int | None]]:
    """Every column with the row that defines it by earlier columns, or with None when it is a parameter."""
    rows_of: list[list[int]] = [[] for _ in range(columns)]
    remaining = [len(row) for row in rows]
    xors = [0] * len(rows)  # the exclusive or of a row's remaining columns: the column itself when only one remains
    for i, row in enumerate(rows):
        for column in row:
            rows_of[column].append(i)
            xors[i] ^= column
    order: list[tuple[int, int | None]] = []
    is_ordered = [False] * columns
    ready = [i for i, count in enumerate(remaining) if count == 1]

    def append(column: int, defining_row: int | None) -> None:
        order.append((column, defining_row))
        is_ordered[column] = True
        for i in rows_of[column]:
            remaining[i] -= 1
            xors[i] ^= column
            if remaining[i] == 1:
                ready.append(i)

    for column in range(columns):
        while ready:
            defining_row = ready.pop()
            if remaining[defining_row] == 1:
                append(xors[defining_row], defining_row)
        if not is_ordered[column]:
            append(column, None)
    return order


def _forms(rows: Sequence[Row], order: Sequence[tuple[int, int | None]], modulus: int) -> dict[int, Row]:
    """Each column as a combination {parameter: value}; columns that must be zero are omitted."""
    forms: dict[int, Row] = {}
    for column, row in order:
        if row is None:
            forms[column] = {column: 1}
            continue
        total = _substitute(rows[row], forms, modulus)
        if total:
            forms[column] = _scale(total, -pow(rows[row][column], -1, modulus), modulus)
    return forms


def _substitute(row: Row, forms: Mapping[int, Row], modulus: int, keeps_unknown: bool = False) -> Row:
    """Σ value·form over the columns of a row.  A column without a form counts as zero, or as itself."""
    total: Row = {}
    for column, value in row.items():
        form = forms.get(column)
        if form is None and keeps_unknown:
            form = {column: 1}
        if form:
            for parameter, factor in form.items():
                total[parameter] = (total.get(parameter, 0) + value * factor) % modulus
    return {parameter: value for parameter, value in total.items() if value}


def _solve(equations: Sequence[Row], modulus: int) -> dict[int, Row]:
    """Some parameters as combinations of the others, such that every equation Σ value·parameter = 0 holds."""
    solution: dict[int, Row] = {}
    for equation in equations:
        rest = _substitute(equation, solution, modulus, keeps_unknown=True)
        if not rest:
            continue
        pivot, value = rest.popitem()
        replacement = {pivot: _scale(rest, -pow(value, -1, modulus), modulus)}
        solution = {
            parameter: _substitute(form, replacement, modulus, keeps_unknown=True)
            for parameter, form in solution.items()
        } | replacement
    return solution


def _scale(row: Row, scale: int, modulus: int) -> Row:
    return {column: value * scale % modulus for column, value in row.items()}
