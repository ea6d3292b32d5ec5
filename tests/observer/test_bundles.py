"""Of bundles of one shape, nobody can tell a payment from a cancelled order, a trade at a two-way quote, a merge or an
account that is divided."""

from dataclasses import dataclass, replace

import pytest

from settlement.bundles.bundle import NO_DIGEST
from tests.observer import classifiers, features
from tests.observer.town import SUBMIT_MS, Seen, Town, unproved

KINDS = ("payment", "cancel", "swap", "merge", "split")
BUNDLES = 2_000
LARGER = (("merge", 3), ("merge", 4), ("swap", 3), ("swap", 4), ("split", 3), ("split", 4))
SWEEPS = ((2, 0), (2, 1))
"""Lots, and crumbs that are emptied on the way: in the second a crumb stands where in the first a dummy leg does."""


@dataclass(frozen=True)
class Watched:
    """Bundles, and what an observer knows of each."""

    bundles: list[Seen]
    known: list[dict[str, float]]


def watched(town: Town, bundles: list[Seen]) -> Watched:
    return Watched(bundles, [features.of(seen, town.reader) for seen in bundles])


@pytest.fixture(scope="module")
def small():
    """2,000 bundles of two legs, of five kinds."""
    with unproved():
        town = Town()
        return town, watched(town, [town.make(KINDS[number % len(KINDS)]) for number in range(BUNDLES)])


def told(town: Town, some: Watched) -> dict[str, float]:
    order = town.random.sample(range(len(some.bundles)), len(some.bundles))
    return classifiers.accuracies([some.known[at] for at in order], [some.bundles[at].kind for at in order])


def test_no_classifier_tells_what_a_bundle_of_two_legs_does(small):
    town, some = small
    assert all(len(seen.bundle.legs) == 2 for seen in some.bundles)
    found = told(town, some)
    assert max(found.values()) <= classifiers.bound(len(KINDS), BUNDLES // 2), found


def test_no_classifier_tells_what_a_bundle_of_four_legs_does():
    with unproved():
        town = Town()
        made = [replace(town.make(kind, legs), kind=f"{kind} of {legs}") for _ in range(70) for kind, legs in LARGER]
    assert all(len(seen.bundle.legs) == 4 for seen in made)
    found = told(town, watched(town, made))
    assert max(found.values()) <= classifiers.bound(len(LARGER), len(made) // 2), found


def test_no_classifier_tells_whether_a_sweep_of_lots_empties_a_crumb():
    with unproved():
        town = Town()
        made = [
            Seen(town.sweep(lots, crumbs), town.now_ms + SUBMIT_MS, f"{lots} lots, {crumbs} crumbs")
            for _ in range(120) for lots, crumbs in SWEEPS
        ]  # fmt: skip
    assert all(len(seen.bundle.legs) == 4 for seen in made)
    found = told(town, watched(town, made))
    assert max(found.values()) <= classifiers.bound(len(SWEEPS), len(made) // 2), found


def bare(seen: Seen) -> Seen:
    """The bundle with a leg that has no terms."""
    first, *others = seen.bundle.legs
    return replace(seen, bundle=replace(seen.bundle, legs=(replace(first, terms=NO_DIGEST), *others)))


def hasty(seen: Seen) -> Seen:
    """The bundle, whose legs all have a minute less."""
    legs = tuple(replace(leg, expiry_ms=leg.expiry_ms - 60_000) for leg in seen.bundle.legs)
    return replace(seen, bundle=replace(seen.bundle, legs=legs))


@pytest.mark.parametrize("leak, every", [(bare, 2), (hasty, 1)])
def test_a_leak_that_is_planted_in_payments_is_found(small, leak, every):
    """The controls: what these classifiers cannot find says nothing."""
    town, some = small
    known = [
        features.of(leak(seen), town.reader) if number % (len(KINDS) * every) == 0 else some.known[number]
        for number, seen in enumerate(some.bundles)
    ]
    found = told(town, Watched(some.bundles, known))
    assert max(found.values()) > classifiers.bound(len(KINDS), BUNDLES // 2), found
