"""The worst portfolio: a linear program by the simplex method in floating point, for tests that look for a cheat.

    minimise target·x  over  generators·x >= 0 and −1 <= x_i <= 1

x = 0 is always allowed, so the minimum is at most 0, and below 0 exactly when some x passes every generator and fails
the target.
"""

import numpy as np

TOLERANCE = 1e-9


def worst(generators: list[list[float]], target: list[float]) -> tuple[float, list[float]]:
    """(the minimum, a portfolio with it)."""
    g, n = np.array(generators, float), len(target)
    # x = p − q with p, q >= 0, and slacks: −G(p − q) + s = 0, p − q + t = 1, q − p + u = 1.
    blocks = np.vstack([-g, np.eye(n), -np.eye(n)])
    rows = len(blocks)
    table = np.hstack([blocks, -blocks, np.eye(rows), np.concatenate([np.zeros(len(g)), np.ones(2 * n)])[:, None]])
    cost = np.concatenate([target, -np.array(target), np.zeros(rows + 1)])
    basis = list(range(2 * n, 2 * n + rows))
    pivots = 0
    while (better := np.flatnonzero(cost[:-1] < -TOLERANCE)).size:
        # The steepest, and after many steps without an end Bland's least index.
        entering = int(better[0] if pivots > 500 else better[np.argmin(cost[better])])
        pivots += 1
        column = table[:, entering]
        ratios = [
            (max(table[i, -1], 0) / column[i], basis[i], i) for i in range(rows) if column[i] > TOLERANCE
        ]  # fmt: skip
        least = min(ratio for ratio, *_ in ratios)
        _, _, leaving = min((one for one in ratios if one[0] <= least + TOLERANCE), key=lambda one: one[1])
        table[leaving] /= table[leaving, entering]
        factors = table[:, entering].copy()
        factors[leaving] = 0
        table -= np.outer(factors, table[leaving])
        cost -= cost[entering] * table[leaving]
        basis[leaving] = entering
    values = np.zeros(2 * n + rows)
    values[basis] = table[:, -1]
    return -float(cost[-1]), [float(v) for v in values[:n] - values[n : 2 * n]]
