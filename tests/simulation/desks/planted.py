"""Bugs to be planted in the code under test: each of them must end a run, or what would end it is worth nothing.

`python -m tests.soak.desks --planted` plants one after the other, and says what found it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from circuits import generators, registry, seizure
from prover.guardian import view
from prover.trader import outbox, owing, plan, readers, sessions
from prover.trader.lots import shares
from settlement.checks import signatures
from settlement.storage.sqlite import SqliteRepository
from tests.simulation.desks import day
from tests.simulation.desks.day import Plan
from tests.simulation.desks.witness import QuickNotary

Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Bug:
    """What is planted, and what must be said when it is found."""

    what: str
    plant: Plant
    finding: str
    roles: str
    minutes: int = 4
    crashes: int = 2


def loses_an_account(patch: pytest.MonkeyPatch) -> None:
    """A wallet forgets its newest account when it has nine."""
    real = sessions._save

    def save(session: Any, synced: Any) -> Any:
        wallet = synced.wallet
        return real(session, replace(synced, wallet=replace(wallet, live=wallet.live[:8])))

    patch.setattr(sessions, "_save", save)


def pays_too_much(patch: pytest.MonkeyPatch) -> None:
    """A payee gets one unit more than is paid, and nobody checks that a bundle balances."""
    real = plan.move

    def move(setting: Any, source: Any, target: Any, delta: Any, *rest: Any, **named: Any) -> Any:
        is_given = source.is_genesis and any(delta)
        return real(setting, source, target, (delta[0] + is_given, *delta[1:]), *rest, **named)

    patch.setattr(plan, "move", move)
    rejections = signatures.rejections

    def unbound(signed: Any) -> Any:
        return rejections([one for one in signed if one[0].base != generators.blinding()])

    patch.setattr(signatures, "rejections", unbound)


def quotes_not_opened(patch: pytest.MonkeyPatch) -> None:
    """An asker believes what a letter says of its legs."""
    patch.setattr(readers, "check_opening", lambda *given: None)


def proofs_not_verified(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks at proofs."""
    patch.setattr(QuickNotary, "verify", lambda notary, claims: None)


def forgets_what_it_submits(patch: pytest.MonkeyPatch) -> None:
    """A wallet does not note what it is about to submit."""
    patch.setattr(outbox, "with_entry", lambda entries, entry: entries)
    patch.setattr(outbox, "with_told", lambda entries, entry, height: entries)


def leaves_too_much(patch: pytest.MonkeyPatch) -> None:
    """Whoever is seized keeps one unit more than the rule leaves."""
    real = seizure.residual_amount
    patch.setattr(seizure, "residual_amount", lambda *given: real(*given) + 1)


def seizes_the_healthy(patch: pytest.MonkeyPatch) -> None:
    """The guardians seize every margined account, and nobody looks whether it was in breach."""
    patch.setattr(view, "seizable", lambda seen, ledger, published, guardians: [
        one for one in seen.accounts.values() if one is not seen.insurance(ledger)
    ])  # fmt: skip
    _always_true(patch, "seize")


def _always_true(patch: pytest.MonkeyPatch, name: str) -> None:
    statement = replace(registry.get(name), relation=lambda public, private: None)  # type: ignore[type-var]
    patch.setitem(registry._STATEMENTS, name, statement)


def lots_too_large(patch: pytest.MonkeyPatch) -> None:
    """The first lot of an order sells one unit more than its share."""
    real = shares.of_order

    def of_order(changes: Any, count: int) -> Any:
        first, *rest = real(changes, count)
        return [tuple(part - (part < 0) for part in first), *rest]

    patch.setattr(shares, "of_order", of_order)


def margin_not_checked(patch: pytest.MonkeyPatch) -> None:
    """Margin suffices always."""
    _always_true(patch, "margin")
    patch.setattr(owing, "margin_grid", lambda setting, balances: setting.grid)


def loses_a_write(patch: pytest.MonkeyPatch) -> None:
    """The ledger does not write what is held outside, and says nothing."""
    real = SqliteRepository._insert

    def insert(repository: Any, write: Any) -> None:
        if write.table != "reserves":
            real(repository, write)

    patch.setattr(SqliteRepository, "_insert", insert)


BUGS = (
    Bug("a wallet loses an account", loses_an_account, "wallet has", "AT"),
    Bug("a payee gets a unit too much", pays_too_much, "balances changed by", "AT"),
    Bug("a quote is not opened", quotes_not_opened, "nobody promised", "ALTT"),
    Bug("proofs are not verified", proofs_not_verified, "lie", "ALTT"),
    Bug("what is submitted is not noted before", forgets_what_it_submits, "once twice", "AT", 10, 60),
    Bug("a seizure leaves a unit too much", leaves_too_much, "should be left", "AAAGG", 8),
    Bug("healthy accounts are seized", seizes_the_healthy, "survives every scenario", "AAG"),
    Bug("a lot is larger than its share", lots_too_large, "beyond its size", "ATT", 6),
    Bug("margin is not checked", margin_not_checked, "than its margin allows", "AAGG", 6),
    Bug("a write is lost", loses_a_write, "not what came from outside", "AT"),
)


def find(bug: Bug) -> str:
    """What ended a run in which this bug was planted.  Raises AssertionError when nothing did."""
    plan = Plan(len(bug.roles), bug.minutes, crashes=bug.crashes, fall_minute=2, pause_ms=3_000, roles=bug.roles)
    with TemporaryDirectory() as folder, day.opened(plan, Path(folder)) as made, pytest.MonkeyPatch.context() as patch:
        bug.plant(patch)
        try:
            made.run()
            made.end(Path(folder))
        except AssertionError as found:
            if bug.finding not in str(found):
                raise
            return f"{str(found)[:160]} (after {made.house.counts['bundles']} bundles)"
    raise AssertionError(f"nothing found that {bug.what}")
