"""One small ledger for all targets: two accounts, grids of one epoch, and the secrets of those who may be dishonest."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from circuits import generators
from settlement.audit import audit
from settlement.bundles import digests
from settlement.bundles.bundle import Bundle, Leg
from settlement.ledger import Ledger
from tests.simulation import binding, market, test_ledger, traders
from tests.simulation.traders import Draft, Holding, Made
from tests.simulation.world import World
from zk import signature
from zk.curves import babyjubjub

_MEMORY = Path("/dev/shm")


@cache
def folder() -> Path:
    """A folder of this process, in memory where the machine has such, which ends with the process."""
    made = Path(tempfile.mkdtemp(prefix="hostile-", dir=_MEMORY if _MEMORY.is_dir() else None))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


class Stage:
    """The ledger, open for checking, and the secrets by the points that they belong to."""

    def __init__(self) -> None:
        self.place = folder() / "stage"
        self.place.mkdir()
        self.world = World(self.place / "ledger.sqlite")
        market.begin(self.world, (0, 2))
        self._calls = self._sold()
        [self.poor] = market.in_breach(self.world)
        market.expire(self.world)
        self.world.now_ms += 1_000
        self.world.publish(market.moved(self.world, (0,) * 6))  # covered, so that margin may be proved again
        self.spending: dict[tuple[int, int], int] = {}
        self.blinding: dict[tuple[int, int], int] = {}
        self._drafts = test_ledger.leveraged_swap(self.world)
        self.world.close()
        self._kept = folder() / "kept"
        shutil.copytree(self.place, self._kept)
        self.ledger = self.world.ledger = Ledger.open(self.world.path)

    def swap(self) -> list[Draft]:
        """A swap that leaves one side with a debt, and so with a margin proof."""
        return self._drafts

    def _sold(self) -> Holding:
        """An account that holds a call, which another owes."""
        short, long = (market.funded(self.world, traders.nothing(), 1_000) for _ in range(2))
        sale = market.change((market.CALL, 1), (0, -1))
        held, _ = self.world.settle(
            self.world.draft(long, sale), self.world.draft(short, [-amount for amount in sale])
        )
        return held

    def seizing(self) -> Bundle:
        """An account in breach is seized, and the insurance takes it over."""
        one = market.seized(self.world, self.poor)
        bundle = self.world.prepare([market.taken_over(self.world, one)], seized=[one]).bundle
        return bundle

    def converting(self) -> Bundle:
        """A call that has expired turns into what it was worth."""
        calls = self._calls.account.balances[market.CALL]
        rate = self.world.reference.rates[market.CALL]
        draft = self.world.draft(self._calls, market.converted(calls, rate))
        return self.world.prepare([draft], converted=[binding.Converted(market.CALL, -calls, rate)]).bundle

    def make(self, drafts: list[Draft]) -> list[Made]:
        """The legs of drafts, whose secrets the stage remembers."""
        made = [traders.make(self.ledger, self.world.notary, draft) for draft in drafts]
        for one in made:
            public = one.leg.public
            self.spending[public.rk_x, public.rk_y] = one.spending
            self.blinding[public.value_x, public.value_y] = one.blinding
        return made

    def signed(self, leg: Leg) -> Leg:
        """The leg as its owner would sign it now, if the owner of its rk is one of those on the stage."""
        secret = self.spending.get((leg.public.rk_x, leg.public.rk_y))
        if secret is None:
            return leg
        return replace(leg, signature=signature.sign(secret, digests.leg_message(self.ledger.ledger_id, leg)))

    def bound(self, bundle: Bundle) -> Bundle:
        """The bundle with every signature that those on the stage can give."""
        signed = replace(bundle, legs=tuple(self.signed(leg) for leg in bundle.legs))
        known = [self.blinding.get((leg.public.value_x, leg.public.value_y), 0) for leg in signed.legs]
        secret = sum(known) % babyjubjub.ORDER or 1  # where none is known, any will do
        message = digests.bundle_message(signed)
        return replace(signed, binding=signature.sign(secret, message, generators.blinding()))

    @contextmanager
    def copy(self) -> Iterator[Path]:
        """The path of a copy of the ledger, which ends with the block."""
        place = folder() / "copy"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self._kept, place)
        try:
            yield place / self.world.path.name
        finally:
            shutil.rmtree(place)

    def check_sound(self, path: Path) -> audit.Report:
        """Audits a copy, which nobody has tampered with."""
        return audit.audit(path, self.world.notary.verify)


@cache
def stage() -> Stage:
    """The stage, built when it is first needed."""
    return Stage()
