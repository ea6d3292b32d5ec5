"""Histories of two wallets whose commands are killed, find the disk full, are repeated, and run at once.

Every command settles at most once; repeated, it reports the first outcome; after a sync, and restored from its phrase,
each wallet has what the commands that settled left it, and together they have what the ledger holds outside.

Commands with a key ask for other amounts than those without: the same command without its key takes up what a failed
one left, so what was told could not be told apart.
"""

from collections import Counter

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.simulation import children
from tests.simulation.purses import FAILED, NAMES, REFUSED, REPEATED, SETTLED, Command, Purses, without_proofs

FUNDS = 1_000
VERBS = ("deposit", "withdraw", "pay")
COMMAND = st.one_of(
    st.builds(Command, st.sampled_from(NAMES), st.sampled_from(VERBS), st.sampled_from([1, 2, 700]), st.none()),
    st.builds(Command, st.sampled_from(NAMES), st.sampled_from(VERBS), st.integers(3, 4), st.sampled_from("ab")),
)
EFFECT = st.one_of(st.none(), st.integers(0, 250), st.integers(150, 240))  # of some 240; the commit is after 160
DISK = st.integers(0, 60).map(lambda pages: 4096 * pages + 100)


class Commands(RuleBasedStateMachine):
    """Commands, and what they must have done by what was told of them."""

    def __init__(self):
        super().__init__()
        self.patched = without_proofs()
        self.patched.__enter__()
        self.purses = Purses()
        self.held: Counter[str] = Counter()
        self.by_key: dict[tuple[str, str], tuple[Command, int]] = {}
        self.untold: dict[Command, int] = {}
        self.perhaps_told: dict[Command, int] = {}
        self.last: Command | None = None

    def teardown(self):
        try:
            self.look()
            self.purses.check_audit(sum(self.held.values()))
        finally:
            self.patched.__exit__(None, None, None)
            self.purses.remove()

    @initialize()
    def deposits(self):
        """Each wallet has a thousand."""
        for name in NAMES:
            self.run(Command(name, "deposit", FUNDS, None), None)

    @rule(command=COMMAND, effect=EFFECT)
    def run(self, command, effect):
        """A command, which may be killed."""
        self.ended(command, *self.with_height(command, effect, None))

    @rule(effect=EFFECT)
    def repeat(self, effect):
        """The last command again."""
        if self.last is not None:
            self.run(self.last, effect)

    @rule(command=COMMAND, most_bytes=DISK)
    def run_on_a_full_disk(self, command, most_bytes):
        """A command that cannot write as much as it wants."""
        self.ended(command, *self.with_height(command, None, most_bytes))

    @rule(amounts=st.tuples(st.integers(1, 2), st.integers(1, 2)))
    def run_both_at_once(self, amounts):
        """Both wallets withdraw at the same time."""
        pair = [Command(name, "withdraw", amount, None) for name, amount in zip(NAMES, amounts, strict=True)]
        if any(command in self.untold or command in self.perhaps_told for command in pair):
            return
        before = self.purses.height()
        told = [children.read(child) for child in [self.purses.start(command, None, None) for command in pair]]
        grown = self.purses.height() - before
        assert grown == sum(data[:1] == SETTLED for data, _ in told) and not any(d[:1] == FAILED for d, _ in told)
        for command, (data, _) in zip(pair, told, strict=True):
            if data[:1] == SETTLED:
                self.held.update(command.effect)
        event(f"at once: {grown}")

    @rule(waited_ms=st.sampled_from([1_000, 60_000, 3_600_000]))
    def wait(self, waited_ms):
        """Lets time pass; bundles in an outbox expire."""
        self.purses.now_ms += waited_ms

    @rule()
    def look(self):
        """Both wallets sync."""
        assert self.purses.balances() == {name: self.held[name] for name in NAMES}

    @rule(name=st.sampled_from(NAMES))
    def restore(self, name):
        """A wallet that is restored from its phrase has the same."""
        assert self.purses.restored_balance(name) == self.held[name]

    def with_height(self, command: Command, effect: int | None, most_bytes: int | None) -> tuple[int, int, bytes, bool]:
        """The ledger's heights before and after the command, what it told, and whether it lived to its end."""
        before = self.purses.height()
        data, has_lived = children.read(self.purses.start(command, effect, most_bytes))
        return before, self.purses.height(), data, has_lived

    def ended(self, command: Command, before: int, after: int, data: bytes, has_lived: bool) -> None:
        """Compares what was told with what is there."""
        kind, self.last = data[:1], command
        assert after - before in (0, 1)
        same_key = self.by_key.get((command.name, command.key)) if command.key else None
        event(f"{command.verb}: {kind.decode() or 'killed'}, {after - before} more")
        if kind == REPEATED:
            known = {self.untold.get(command), self.perhaps_told.get(command), same_key and same_key[1]}
            assert after == before and int(data[1:]) in known, "another outcome than the first"
        elif kind == SETTLED:
            assert after == before + 1 == int(data[1:])
        elif kind == REFUSED:
            assert after == before, "settled, told as refused"
        if after > before:
            assert command not in self.untold, "settled again before its outcome was told"
            assert same_key is None, "one key settled twice"
            self.held.update(command.effect)
            if command.key:
                self.by_key[command.name, command.key] = command, after
        elif same_key is not None and same_key[0] != command:
            assert kind in (REFUSED, b"", FAILED), "a key that stands for something else was accepted"
        self.note(command, after if after > before else None, kind, has_lived)

    def note(self, command: Command, settled: int | None, kind: bytes, has_lived: bool) -> None:
        """Notes whether somebody was told the outcome of a command without a key."""
        if command.key is not None:
            return
        height = settled or self.untold.get(command) or self.perhaps_told.get(command)
        if kind in (SETTLED, REPEATED):
            self.untold.pop(command, None)
            self.perhaps_told.pop(command, None)
            if not has_lived and height is not None:
                self.perhaps_told[command] = height
        elif settled is not None:
            self.perhaps_told.pop(command, None)
            self.untold[command] = settled
