"""Files of sections as the fuzzer's kind of input: what it changes, how it is refused, and its row in the corpus."""

import random
from dataclasses import dataclass

from tests.hostile import edits, goods, mutate
from tests.hostile.goods import FORMATS, Format, Parts


@dataclass(frozen=True)
class Case:
    """The sections of a file, and its bytes, whose container may be damaged too."""

    sections: Parts
    data: bytes


@dataclass(frozen=True)
class Container:
    """One format of files of sections."""

    format: Format

    @property
    def name(self) -> str:
        """The format's name."""
        return self.format.name

    def start(self) -> list[Case]:
        """The good file."""
        return [Case(goods.parts(self.format.good()), self.format.good())]

    def changed(self, chance: random.Random, case: Case) -> Case:
        """The file with one to four changes."""
        return Case(*mutate.mutated(chance, self.format, case.sections))

    def refusal(self, case: Case) -> str | None:
        """The sentence that refuses the file, or None when it was read and used to the end."""
        return goods.refusal(self.format, case.data)

    def data(self, case: Case) -> bytes:
        """The file."""
        return case.data

    def distance(self, case: Case) -> int:
        """How much the file differs from the good one."""
        good = self.format.good()
        different = sum(left != right for left, right in zip(good, case.data, strict=False))
        return different + 2 * abs(len(good) - len(case.data))

    def row(self, case: Case) -> dict:
        """The file as edits of the good one."""
        return {"edits": edits.of(self.format.good(), case.data)}

    def case(self, row: dict) -> Case:
        """The file of a row of the corpus."""
        return Case([], edits.applied(self.format.good(), row["edits"]))


KINDS = {name: Container(found) for name, found in FORMATS.items()}
