"""Three simple classifiers, and how often each is right about bundles that it has not seen.

    stump        the one feature, cut into bands, whose bands tell most
    logistic     softmax regression on all features
    neighbours   the 15 nearest bundles, by the ten features that differ most between the kinds

With k kinds, equally often, guessing is right with probability 1/k.  Of n bundles it is right k·n ± √(n(1 − 1/k)/k)
times; five of these deviations more happen to a guesser once in three million.
"""

from collections.abc import Sequence
from math import sqrt

import numpy as np

BANDS = 12
NEIGHBOURS = 15
BEST = 10
ROUNDS = 300
DEVIATIONS = 5


def bound(kinds: int, tested: int) -> float:
    """The share that a guesser is right about at most, but for once in three million times."""
    chance = 1 / kinds
    return chance + DEVIATIONS * sqrt(chance * (1 - chance) / tested)


def accuracies(bundles: Sequence[dict[str, float]], kinds: Sequence[str]) -> dict[str, float]:
    """By classifier, the share of the second half of the bundles of which it tells the kind, trained on the first."""
    names = sorted(set().union(*bundles))
    table = np.array([[bundle.get(name, -1.0) for name in names] for bundle in bundles])
    numbers = {kind: number for number, kind in enumerate(sorted(set(kinds)))}
    labels = np.array([numbers[kind] for kind in kinds])
    half = len(table) // 2
    table = table[:, np.ptp(table[:half], axis=0) > 0]
    table = (table - table[:half].mean(0)) / table[:half].std(0)
    told = table[:half], labels[:half], table[half:], len(numbers)
    answers = {"stump": _stump(*told), "logistic": _logistic(*told), "neighbours": _neighbours(*told)}
    return {name: float((answer == labels[half:]).mean()) for name, answer in answers.items()}


def _stump(table: np.ndarray, labels: np.ndarray, unseen: np.ndarray, kinds: int) -> np.ndarray:
    best, answer = -1, np.zeros(len(unseen), int)
    for column in range(table.shape[1]):
        cuts = np.unique(np.quantile(table[:, column], np.linspace(0, 1, BANDS + 1)[1:-1]))
        # Values that are exactly at a cut have a band of their own: many features have only a few values.
        band = np.searchsorted(cuts, table[:, column], "left") + np.searchsorted(cuts, table[:, column], "right")
        counts = np.zeros((2 * len(cuts) + 1, kinds), int)
        np.add.at(counts, (band, labels), 1)
        if (right := counts.max(1).sum()) > best:
            mine = np.searchsorted(cuts, unseen[:, column], "left") + np.searchsorted(cuts, unseen[:, column], "right")
            best, answer = right, counts.argmax(1)[mine]
    return answer


def _logistic(table: np.ndarray, labels: np.ndarray, unseen: np.ndarray, kinds: int) -> np.ndarray:
    wanted, weights = np.eye(kinds)[labels], np.zeros((table.shape[1] + 1, kinds))
    design = np.hstack([table, np.ones((len(table), 1))])
    for _ in range(ROUNDS):
        scores = design @ weights
        likely = np.exp(scores - scores.max(1, keepdims=True))
        likely /= likely.sum(1, keepdims=True)
        weights -= 0.2 * (design.T @ (likely - wanted) / len(table) + 0.01 * weights)
    return (np.hstack([unseen, np.ones((len(unseen), 1))]) @ weights).argmax(1)


def _neighbours(table: np.ndarray, labels: np.ndarray, unseen: np.ndarray, kinds: int) -> np.ndarray:
    means = np.array([table[labels == kind].mean(0) for kind in range(kinds)])
    best = np.argsort(-means.var(0))[:BEST]
    table, unseen = table[:, best], unseen[:, best]
    distances = (unseen**2).sum(1)[:, None] - 2 * unseen @ table.T + (table**2).sum(1)[None]
    nearest = labels[np.argpartition(distances, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]]
    return np.array([np.bincount(row, minlength=kinds).argmax() for row in nearest])
