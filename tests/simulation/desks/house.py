"""The house in which desks trade: a ledger in a file, its oracles and its guardians, simulated time, and the clerk.

Everything that settles passes `submitting`, which tells the clerk; everything that a desk could die at passes `step`.
"""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from circuits import registry
from prover.carriers.memory import Hub
from prover.guardian import dealing, guardianfile
from prover.guardian.acting import Means
from prover.guardian.asking import Round
from prover.guardian.staff import Staff
from prover.guardian.watch import Watch
from prover.operator import oracles
from prover.proofs import pipeline
from prover.proofs.keystores import Keystore
from settlement import engine
from settlement.bundles import encoding
from settlement.checks import proofclaims
from settlement.ledger import Ledger
from settlement.pool.parameters import Fees
from settlement.rejection import Rejected
from tests.prover import pools
from tests.reference.tradebook import Wrong
from tests.simulation.desks import hooks
from tests.simulation.desks.chance import controlled
from tests.simulation.desks.clerk import INSURER, Clerk
from tests.simulation.desks.weather import USUAL, Climate, Weather
from tests.simulation.desks.witness import QuickNotary, Witness
from zk.errors import Unsatisfied
from zk.groth16 import verifier
from zk.groth16.keys import Proof
from zk.threshold.sharing import Quorum

START_MS = 1_800_000_000_000
LEG_FEE = 1_000
GUARDIANS = Quorum(2, 3)
PATIENCE_S = 600.0  # with guardians on a busy machine, who are not what is looked at here
submit, prove, answer = engine.submit, pipeline.prove, Round.next


@dataclass
class House:
    """Everything that the desks share.  `acting` is who acts now, and `counts` what happened how often."""

    folder: Path
    chance: random.Random
    climate: Climate
    now_ms: int = START_MS
    acting: str = ""
    counts: Counter = field(default_factory=Counter)
    refusals: Counter = field(default_factory=Counter)
    step: Callable[[str], None] = lambda where: None
    keystore: Keystore | None = None
    command: str | None = None
    wrong: Exception | None = None
    commands: Counter = field(default_factory=Counter)
    lies: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._waiting: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = count()

    def at(self, delay_ms: int, act: Callable[[], None]) -> None:
        """Has something done so many milliseconds from now."""
        heapq.heappush(self._waiting, (self.now_ms + max(delay_ms, 1), next(self._numbers), act))

    def run_until(self, end_ms: int) -> None:
        """Does everything that is due until then, in its order."""
        while self._waiting and self._waiting[0][0] <= end_ms:
            self.now_ms, _, act = heapq.heappop(self._waiting)
            act()
            self.check()
            self.hub.deliver()
        self.now_ms = max(self.now_ms, end_ms)

    def check(self) -> None:
        """Raises what the clerk has found."""
        if self.wrong is not None:
            raise self.wrong

    def begin(self, stack: ExitStack) -> None:
        """Founds the pool and its ledger, deals the guardians' keys, and hires them."""
        self.guardians_folder = self.folder / "guardians"
        self.guardians_folder.mkdir()
        dealing.deal_here(self.guardians_folder, GUARDIANS, 1)
        record = dealing.record(guardianfile.here(self.guardians_folder)[0])
        keys = {} if self.keystore is None else {name: self.keystore.statement_key(name) for name in registry.names()}
        made = pools.make(**keys)
        self.pool = replace(made, parameters=replace(
            made.parameters, guardians=record, fees=Fees(leg=LEG_FEE, order=0),
            oracle_keys=made.parameters.oracle_keys[:1], quorum=1,
        ))  # fmt: skip
        self.path = self.folder / "ledger.sqlite"
        self.ledger = stack.enter_context(Ledger.create(self.path, self.pool, self.now_ms))
        self.notary, self.witness = QuickNotary(self.pool), Witness()
        self.clerk = Clerk(self.ledger, self.witness, record, LEG_FEE)
        self.hub = Hub(self.ledger.ledger_id, lambda: self.now_ms, has_threads=False)
        self.weather = Weather(self.hub, self.chance, self.at, self.climate)
        self.staff = Staff(
            self.guardians_folder, guardianfile.here(self.guardians_folder),
            lambda: Ledger.open(self.path, read_only=True), lambda: self.now_ms,
            lambda: [watched.account for watched in self.watch.view.accounts.values()],
        )  # fmt: skip
        stack.callback(self.staff.close)
        means = Means(lambda *claim: pipeline.prove(*claim, self.keystore), self.staff.groups)
        self.watch = Watch(self.ledger, means, self.staff.signing_keys, lambda: self.now_ms)

    def publish(self, prices: Mapping[int, int]) -> str:
        """The next epoch at these prices; what has none keeps its last one.  How it is covered, or why not."""
        self.acting = INSURER
        try:
            observed = oracles.observation(self.ledger, prices)
            published = oracles.publish(self.ledger, pools.ORACLE_SECRETS[:1], observed, self.now_ms)
        except Rejected as refused:
            self.refusals[f"publish: {refused.rejection.name}"] += 1
            return refused.rejection.name
        self.clerk.height = self.ledger.reader.last_event().height
        self.counts[f"epochs, {published.coverage}"] += 1
        return str(published.coverage)

    def guard(self) -> None:
        """The guardians look, and seize who is in breach."""
        self.acting = INSURER
        before = self.ledger.reader.last_event().height
        done = self.watch.step()
        self.counts["seizures"] += len(done.seized)
        self.counts["heartbeats"] += done.has_beaten
        self.counts["seizures left to others"] += len(done.left)
        self.clerk.height = max(self.clerk.height, self.ledger.reader.last_event().height)
        assert before <= self.clerk.height

    def submitting(self, ledger: Ledger, data: bytes, now_ms: int, *verify: Any) -> engine.Receipt:
        """Submits a bundle, and has the clerk enter it if it settled now."""
        self.step("submit")
        try:
            receipt = submit(ledger, data, now_ms)
        except Rejected as refused:
            self.refusals[refused.rejection.name] += 1
            raise
        finally:
            try:
                self._look(data)
            except Exception as wrong:  # which the code under test might take for a failure of its own
                self.wrong = wrong
                raise
        self.step("submitted")
        return receipt

    def _look(self, data: bytes) -> None:
        """The clerk enters the bundle if the ledger has it, and has had it for no longer than now."""
        last = self.ledger.reader.last_event()
        settled = self.ledger.reader.bundle(last.height)
        if last.height <= self.clerk.height or settled is None or settled[1] != data:
            return
        bundle = encoding.decode_bundle(data)
        if any(encoding.encode_leg(leg) in self.lies for leg in bundle.legs):
            raise Wrong("a lie has settled")
        one = self.clerk.settled(self.acting, bundle, last.height, last.created_ms)
        self.counts["bundles"] += 1
        self.counts["legs"] += len(bundle.legs)
        self.counts["promises taken"] += len(one.promises)
        if self.command is not None:
            self.commands[self.command] += 1
            if self.commands[self.command] > 1:
                raise Wrong(f"{self.acting} settles what it asked for once twice")


@contextmanager
def house(
    folder: Path, seed: int, climate: Climate = USUAL, keystore: Keystore | None = None
) -> Iterator[House]:  # fmt: skip
    """A house at work: with a notary for proofs, or with real ones under these keys."""
    made = House(folder, random.Random(), climate, keystore=keystore)
    with ExitStack() as stack:
        made.chance = stack.enter_context(controlled(seed, lambda: made.now_ms))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        made.begin(stack)

        def proving(name: str, public: Any, private: Any, keys: Any) -> Any:
            made.witness.note(name, public, private)
            if made.keystore is not None:
                return prove(name, public, private, keys)
            return made.notary.proved(name, public, private)

        if keystore is None:
            patch.setattr(verifier, "verify_batch", lambda claims: made.notary.verify(claims))
            patch.setattr(proofclaims, "folded", lambda claim: claim)
        patch.setattr(pipeline, "prove", proving)
        patch.setattr(pipeline, "prove_many", lambda name, pairs, keys: [_or_why_not(proving, name, *pair, keys)
                                                                          for pair in pairs])  # fmt: skip
        patch.setattr(engine, "submit", made.submitting)
        patch.setattr(Round, "next", lambda asked, until_s: answer(asked, until_s + PATIENCE_S))
        hooks.install(made, patch)
        yield made


def _or_why_not(proving: Callable[..., Proof], *given: Any) -> Proof | Unsatisfied:
    try:
        return proving(*given)
    except Unsatisfied as error:
        return error
