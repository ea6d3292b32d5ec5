"""What a stranger sends, as the fuzzer's kind of input: good messages, a use of one, and the refusals that are allowed.

Neither refused with one sentence nor used with the meaning that its bytes have is a finding: `use` raises anything but
a refusal.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from settlement.audit.audit import Discrepancy
from settlement.rejection import Rejected
from tests.hostile.strangers import fields
from tests.hostile.strangers.fields import Parts
from zk import entropy
from zk.errors import FormatError, InvalidProof

REFUSALS = (FormatError, Rejected, InvalidProof, Discrepancy)
MOST_SENTENCE = 700  # characters


@dataclass(frozen=True)
class Case:
    """A changed message: the good one it comes from, its fields, and whether its sender mended what he could."""

    good: str
    parts: Parts
    mended: bool


@dataclass(frozen=True)
class Target:
    """One kind of message.

    `make` returns the good messages by name.  `use(data, mended)` does with a message what the program does with a
    stranger's.  `mend`, if there is one, returns a message's bytes with lengths, checksums and signatures that fit, as
    its sender could make them; it may raise a refusal.
    """

    name: str
    make: Callable[[], dict[str, Parts]]
    use: Callable[[bytes, bool], None]
    joined: Callable[[Parts], bytes] = fields.joined
    mend: Callable[[Parts], bytes] | None = None
    refusals: tuple[type[Exception], ...] = REFUSALS
    change: Callable[[random.Random, Parts, Parts], Parts] = fields.changed
    is_exact: bool = True
    """Whether a row of the corpus is refused or used for ever, and not a matter of chance."""

    @cached_property
    def goods(self) -> dict[str, Parts]:
        """The good messages."""
        with seeded(self.name):
            return self.make()

    def start(self) -> list[Case]:
        """The good messages, unchanged."""
        return [Case(name, parts, False) for name, parts in self.goods.items()]

    def changed(self, chance: random.Random, case: Case) -> Case:
        """The message with some changes; half of them mended, where that is possible."""
        parts = self.change(chance, case.parts, self.goods[case.good])
        return Case(case.good, parts, self.mend is not None and chance.random() < 0.5)

    def refusal(self, case: Case) -> str | None:
        """The sentence that refuses the message, or None when it was used."""
        try:
            self.use(self.data(case), case.mended)
        except self.refusals as error:
            sentence = str(error)
            assert sentence.strip() and sentence.isprintable() and len(sentence) < MOST_SENTENCE, repr(sentence)
            return sentence
        return None

    def data(self, case: Case) -> bytes:
        """The message."""
        if case.mended and self.mend is not None:
            try:
                return self.mend(case.parts)
            except self.refusals:  # then it is sent as it is
                pass
        return self.joined(case.parts)

    def distance(self, case: Case) -> int:
        """How much the message differs from the good one it comes from."""
        return fields.distance(self.goods[case.good], case.parts)

    def row(self, case: Case) -> dict:
        """The message as changes of fields of a good one."""
        return {"good": case.good, "mended": case.mended, "edits": fields.row(self.goods[case.good], case.parts)}

    def case(self, row: dict) -> Case:
        """The message of a row of the corpus."""
        return Case(row["good"], fields.from_row(self.goods[row["good"]], row["edits"]), row["mended"])


@contextmanager
def seeded(name: str) -> Iterator[None]:
    """Inside, the program's randomness follows from the name, so that good messages are the same in every process."""
    source = random.Random(name)
    drawn = {
        "scalar": lambda modulus: source.randrange(1, modulus),
        "token": source.randbytes,
        "shuffled": lambda items: source.sample(list(items), len(list(items))),
    }
    before = {function: getattr(entropy, function) for function in drawn}
    try:
        for function, replacement in drawn.items():
            setattr(entropy, function, replacement)
        yield
    finally:
        for function, original in before.items():
            setattr(entropy, function, original)
