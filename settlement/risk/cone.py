"""Whether vectors lie in the cone of others: exact, by the simplex method in integers.

    target = Σ_j x_j·generator_j,  x_j >= 0

The tableau keeps the solution for one basis of generators at a time, for all targets at once, as integers over one
common denominator: the determinant of the basis, so every division is exact (Bareiss 1968; Edmonds 1967).  A target
whose coefficients are all >= 0 in some basis lies in the cone.  A negative one leaves the basis and another generator
takes its place; when none can, the row says that the target lies outside (Farkas).  There are no costs, so each pivot
may be chosen freely: the most negative numbers first, which is quick, and after PATIENCE pivots for one target by
Bland's least index, which never goes in a circle (Bland 1977).
"""

from collections.abc import Sequence

from gmpy2 import divexact, mpz

PATIENCE = 64

Vector = Sequence[int]


def contains(generators: Sequence[Vector], targets: Sequence[Vector]) -> bool:
    """Whether every target is a sum of generators with coefficients that are not negative."""
    tableau = _Tableau(generators, targets)
    return tableau.is_consistent and all(tableau.reach_last() for _ in targets)


class _Tableau:
    """rows[i][j] / denominator: the coefficient of generator basis[i] in generator j, and then in each target left."""

    def __init__(self, generators: Sequence[Vector], targets: Sequence[Vector]):
        self.width = len(generators)
        self.rows = [list(map(mpz, row)) for row in zip(*generators, *targets, strict=True)]
        self.denominator = mpz(1)
        self.basis: list[int] = []
        self.is_consistent = True
        place = 0
        while place < len(self.rows):
            # From the last: unit vectors stand there, and make small numbers.
            column = next((j for j in reversed(range(self.width)) if self.rows[place][j]), None)
            if column is not None:
                self.basis.append(column)
                self._pivot(place, column)
                place += 1
            elif any(self.rows[place][self.width :]):
                self.is_consistent = False  # no sum of generators reaches this coordinate of some target
                return
            else:
                del self.rows[place]

    def reach_last(self) -> bool:
        """Whether the last target left lies in the cone: then its coefficients are not negative now, and it is done."""
        pivots = 0
        while negative := [i for i, row in enumerate(self.rows) if row[-1] < 0]:
            is_patient = pivots < PATIENCE
            place = min(negative, key=lambda i: self.rows[i][-1] if is_patient else self.basis[i])
            row = self.rows[place]
            usable = [j for j in range(self.width) if row[j] < 0]
            if not usable:
                return False
            self._pivot(place, min(usable, key=row.__getitem__) if is_patient else usable[0])
            pivots += 1
        for row in self.rows:
            row.pop()
        return True

    def _pivot(self, place: int, column: int) -> None:
        """Brings generator `column` into the basis in place of basis[place]."""
        chosen, denominator = self.rows[place], self.denominator
        pivot = chosen[column]
        for i, row in enumerate(self.rows):
            if i != place:
                factor = row[column]
                self.rows[i] = [divexact(x * pivot - factor * y, denominator) for x, y in zip(row, chosen, strict=True)]
        if pivot < 0:
            self.rows = [[-x for x in row] for row in self.rows]
        self.denominator, self.basis[place] = abs(pivot), column
