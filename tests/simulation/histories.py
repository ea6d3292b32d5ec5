"""Histories of a ledger with restarts, kills, full disks, clock jumps, two processes, tampering and yesterday's files.

After every step: what was acknowledged is there, once and with the digest that was told; what was refused is not there;
what is reported is so.  A failure is a sequence of steps that hypothesis shrinks.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from settlement import engine
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from settlement.storage.checkpoints import SUFFIX
from tests.settlement.bundles import samples
from tests.simulation import children, market, traders
from tests.simulation.children import ANSWER, NEVER, STATEMENT, STEP, SYNC, Kill
from tests.simulation.lies import LIES, TRUTH
from tests.simulation.market import LOAN, change
from tests.simulation.past import Acknowledged, Past
from tests.simulation.world import Prepared

MOVE_BPS = st.sampled_from([0, 10, 10, -4_000])  # the last one leaves what the grid covers
WHO, DOLLARS = st.integers(0, 7), st.integers(1, 1_000)
ASSET = st.sampled_from([0, 0, 1, 2, LOAN, LOAN])
LIE = st.one_of(st.just(TRUTH), st.sampled_from(LIES))
KILL = st.one_of(
    st.builds(Kill, st.just(STATEMENT), st.integers(0, 60)), st.builds(Kill, st.just(STEP), st.integers(0, 3_000)),
    st.builds(Kill, st.just(SYNC), st.integers(0, 4)), st.just(Kill(ANSWER)), st.just(Kill(NEVER)),
)  # fmt: skip
KIND = st.sampled_from(["deposit", "deposit", "withdrawal", "payment", "trade"])
CONNECTIONS = ("one", "other")
WAY = st.one_of(st.sampled_from(CONNECTIONS), KILL, st.integers(0, 40).map(lambda pages: 4096 * pages + 100))
MOSTLY_TRUE = st.one_of(st.just(TRUTH), st.just(TRUTH), st.just(TRUTH), LIE)
JUMP_MS = st.sampled_from([-10_000_000_000, -3_600_000, -60_000, 0, 0, 0, 1_000, 60_000, 299_999, 600_001])
TAMPERING = st.sampled_from([
    "DELETE FROM nullifiers WHERE height = (SELECT max(height) FROM nullifiers)",
    "DELETE FROM events WHERE height = (SELECT max(height) FROM events)",
    "UPDATE events SET created_ms = created_ms + 1 WHERE height = (SELECT max(height) FROM events)",
    "UPDATE reserves SET amount = amount + 1 WHERE asset = 0",
    "UPDATE flows SET party = x'6d65' WHERE height = (SELECT min(height) FROM flows)",
    "UPDATE bundles SET data = zeroblob(length(data)) WHERE height = 2",
    "UPDATE grids SET published_ms = published_ms + 1 WHERE epoch = 1",
    "UPDATE nodes SET node = zeroblob(32) WHERE level = 0 AND place = 0",
    "UPDATE roots SET size = size + 1 WHERE height = (SELECT max(height) FROM roots)",
    "UPDATE outputs SET ciphertexts = randomblob(length(ciphertexts)) WHERE position = 0",
    "CREATE TABLE more (a)", "DROP INDEX orders_by_nullifier",
    "CREATE TRIGGER more BEFORE INSERT ON nullifiers BEGIN SELECT RAISE(IGNORE); END",
])  # fmt: skip


class History(RuleBasedStateMachine):
    """One ledger in a file, used through two connections and by children."""

    drawer = Bundle("drawer")

    def __init__(self):
        super().__init__()
        self.past = Past()
        self.yesterday: list[tuple[int, Path]] = []
        self.right_ms = self.past.world.now_ms

    def teardown(self):
        self.past.end()

    @initialize()
    def three_accounts(self):
        """Begins with three accounts."""
        self.past.begin()

    @invariant()
    def what_was_acknowledged_is_there_and_what_was_refused_is_not(self):
        self.past.check()

    @rule(target=drawer, who=WHO, payee=WHO, asset=ASSET, amount=DOLLARS, lie=MOSTLY_TRUE, kind=KIND, way=WAY)
    def act(self, who, payee, asset, amount, lie, kind, way):
        """A deposit, withdrawal, payment or trade, mostly true, is submitted in some way, and kept."""
        prepared = self.prepared(who, payee, asset, amount, lie, kind)
        self.submit(prepared, way)
        return prepared

    @rule(target=drawer, who=WHO, payee=WHO, asset=ASSET, amount=DOLLARS, lie=LIE, kind=KIND)
    def keep(self, who, payee, asset, amount, lie, kind):
        """The same, kept for later."""
        return self.prepared(who, payee, asset, amount, lie, kind)

    @rule(prepared=drawer, way=WAY)
    def submit(self, prepared, way):
        """Sends a bundle, perhaps again: through a connection, from a process that is killed, or on a full disk."""
        past = self.past
        if way in CONNECTIONS:
            if way == "other":
                past.world.ledger, past.other = past.other, past.world.ledger
            reason = past.world.submit(prepared)
            past.told(prepared, None if reason else past.world.ledger.reader.last_event())
            event(f"submitted: {reason or 'settled'}")
            return
        past.close()
        kill, most_bytes = (way, None) if isinstance(way, Kill) else (Kill(NEVER), way)
        child = children.start(past.world.path, past.submitting(prepared), kill, most_bytes=most_bytes)
        answer = children.wait(child)
        past.open()
        outcome = past.outcome(prepared, answer)
        event(f"{'full disk' if most_bytes is not None else 'killed in ' + kill.place}: {outcome}")
        is_there = past.world.ledger.reader.bundle_height(past.bundle_id(prepared)) is not None
        assert answer.failed is None or most_bytes is not None, answer.failed
        assert answer.failed is None or not is_there or past.is_settled(prepared), "settled, told as failed"

    @rule(move_bps=MOVE_BPS)
    def publish(self, move_bps):
        """Publishes a price for every asset, unless the clock is behind."""
        world = self.past.world
        try:
            world.publish(market.moved(world, (move_bps,) * 6))
        except Rejected as error:
            assert error.rejection.name in ("CLOCK_BEHIND", "PRICE_ORDER"), str(error)
            event(f"published: {error.rejection.name}")
            return
        last = world.ledger.reader.last_event()
        self.past.acknowledged.append(Acknowledged(last.height, last.digest, None))

    @rule(jump_ms=JUMP_MS)
    def set_the_clock(self, jump_ms):
        """Lets time pass, sets the clock back, or to the right time again."""
        self.right_ms += max(0, jump_ms)
        self.past.world.now_ms = max(0, self.right_ms + min(0, jump_ms))

    @rule()
    def restart(self):
        """Closes and opens both connections."""
        self.past.close()
        self.past.open()

    @rule(one=drawer, other=drawer)
    def race(self, one, other):
        """Two processes submit at once, perhaps the same bundle."""
        self.past.close()
        path, both = self.past.world.path, (one, other)
        running = [children.start(path, self.past.submitting(prepared)) for prepared in both]
        answers = [children.wait(child) for child in running]
        self.past.open()
        told = [(answer, prepared) for answer, prepared in zip(answers, both, strict=True) if answer.acknowledged]
        for answer, prepared in sorted(told, key=lambda found: found[0].acknowledged):  # by height
            self.past.outcome(prepared, answer)
        for answer, prepared in zip(answers, both, strict=True):
            assert answer.failed is None, answer.failed
            if answer.refused is not None:
                event(f"raced: {answer.refused}")
                self.past.told(prepared, None)
                assert self.past.world.reference.refusal(prepared.plain, self.past.world.now_ms) is not None

    @rule(move_bps=MOVE_BPS, kill=KILL)
    def publish_and_be_killed(self, move_bps, kill):
        """A process publishes, and is killed somewhere."""
        world = self.past.world
        prices, now_ms = market.moved(world, (move_bps,) * 6), world.now_ms
        quotes, epoch = world.quotes(prices), len(world.reference.grids) + 1

        def act(ledger: Ledger) -> bytes:
            engine.publish(ledger, quotes, now_ms)
            return ledger.reader.last_event().digest

        self.past.close()
        answer = children.wait(children.start(world.path, act, kill))
        self.past.open()
        newest = world.ledger.reader.grids(1)[0]
        assert answer.failed is None and (answer.refused is None or newest.publication.epoch < epoch)
        if newest.publication.epoch == epoch:
            world.take(newest, prices)
            last = world.ledger.reader.last_event()
            assert answer.acknowledged in (None, last.digest)
            self.past.acknowledged.append(Acknowledged(last.height, last.digest, None))
        else:
            assert answer.acknowledged is None

    @rule()
    def remember(self):
        """Copies the ledger's folder."""
        self.past.close()
        copy = self.past.folder / f"copy-{len(self.yesterday)}"
        shutil.copytree(self.past.place, copy)
        self.past.open()
        self.yesterday.append((self.past.world.ledger.reader.last_event().height, copy))

    @rule(which=st.integers(0, 5), with_checkpoints=st.booleans())
    def put_back(self, which, with_checkpoints):
        """Yesterday's file is refused beside today's checkpoints, and by whoever knows an event of today."""
        if not self.yesterday:
            return
        height, copy = self.yesterday[which % len(self.yesterday)]
        self.past.close()
        put = self.past.folder / "put back"
        shutil.copytree(copy, put)
        path = put / self.past.world.path.name
        if not with_checkpoints:
            shutil.copy(self.past.place / (path.name + SUFFIX), put)
            self.past.check_opens(path, is_complete=height == len(self.past.acknowledged))
        newest = self.past.acknowledged[-1]
        self.past.check_sound(path, is_sound=height >= newest.height, knows=(newest if with_checkpoints else None))
        shutil.rmtree(put)
        self.past.open()

    @rule(statement=TAMPERING)
    def tamper(self, statement):
        """Somebody changes a copy of the file, and is found out."""
        self.past.close()
        tampered = self.past.folder / "tampered"
        shutil.copytree(self.past.place, tampered)
        path = tampered / self.past.world.path.name
        with closing(sqlite3.connect(path)) as connection, connection:
            changed = connection.execute(statement).rowcount
        self.past.check_sound(path, is_sound=changed == 0, knows=None)
        shutil.rmtree(tampered)
        self.past.open()

    def prepared(self, who, payee, asset, amount, lie, kind) -> Prepared:
        """A bundle of honest or dishonest legs."""
        source, target, draft = self.past.holding(who), self.past.holding(payee), self.past.world.draft
        price = (0, amount) if asset else (2, amount)
        held = 0 if asset == LOAN else asset  # claims have no flows
        drafts = {
            "deposit": lambda: [draft(source, change((held, amount)), (samples.flow(held, amount),))],
            "withdrawal": lambda: [draft(source, change((held, -amount)), (samples.flow(held, -amount),))],
            "payment": lambda: [
                draft(source, change((asset, -amount))),
                draft(traders.nothing(), change((asset, amount)), target=target.keys),
            ],
            "trade": lambda: [
                draft(source, change((asset, -amount), price)),
                draft(target, change((asset, amount), (price[0], -amount))),
            ],
        }
        return self.past.world.prepare(drafts[kind](), lie)

    @rule()
    def audit(self):
        """The audit passes what nobody tampered with, also while it is in use."""
        self.past.check_audit(self.past.world.path)
