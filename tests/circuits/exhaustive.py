"""Every satisfying witness of a toy circuit, by trying every value of every wire: the exact set a gadget accepts."""

import itertools
from collections.abc import Callable, Iterable

from circuits.frontend import compiler, program
from circuits.frontend.builder import Builder
from zk.r1cs import r1cs

Gadget = Callable[..., Iterable]
"""gadget(b, *inputs) -> the signals that it returns."""


class Toy:
    """A gadget on `arity` inputs over a small field; `cases` are the inputs that its precondition allows, or all."""

    def __init__(self, gadget: Gadget, arity: int, modulus: int, cases: Iterable[tuple[int, ...]] | None = None):
        b = Builder(modulus)
        inputs = [b.private(f"x{i}") for i in range(arity)]
        self.outputs = [sorted(signal.terms.items()) for signal in gadget(b, *inputs)]
        circuit = compiler.compile(b, "toy")
        system = circuit.r1cs
        self.modulus, self.wires, self.arity = modulus, system.num_wires, arity
        self.constraints = list(zip(system.a.rows(), system.b.rows(), system.c.rows(), strict=True))
        self.cases = list(cases) if cases is not None else list(itertools.product(range(modulus), repeat=arity))

    def accepted(self, without: int | None = None) -> set[tuple[int, ...]]:
        """Inputs and outputs of every satisfying witness, perhaps with one constraint left out."""
        ready: dict[int, list] = {wire: [] for wire in range(self.wires)}
        for i, sides in enumerate(self.constraints):
            if i != without:
                ready[max(wire for side in sides for wire, _ in side)].append(sides)
        found: set[tuple[int, ...]] = set()
        for case in self.cases:
            if all(self._holds(sides, (1, *case)) for wire in range(self.arity + 1) for sides in ready[wire]):
                self._search([1, *case], ready, found)
        return found

    def _search(self, witness: list[int], ready: dict[int, list], found: set) -> None:
        wire = len(witness)
        if wire == self.wires:
            outputs = (r1cs.evaluate(row, witness, self.modulus) for row in self.outputs)
            found.add((*witness[1 : self.arity + 1], *outputs))
            return
        witness.append(0)
        for value in range(self.modulus):
            witness[wire] = value
            if all(self._holds(sides, witness) for sides in ready[wire]):
                self._search(witness, ready, found)
        witness.pop()

    def _holds(self, sides: tuple, witness) -> bool:
        a, b, c = (r1cs.evaluate(side, witness, self.modulus) for side in sides)
        return a * b % self.modulus == c

    def idle(self) -> list[int]:
        """The constraints that may be left out without anything more being accepted."""
        accepted = self.accepted()
        return [i for i in range(len(self.constraints)) if self.accepted(without=i) == accepted]


def evaluate(gadget: Gadget, inputs: list[int], modulus: int) -> tuple[list[int], bool]:
    """The gadget's outputs for these inputs over a large field, as its own witness program computes them, and whether
    they satisfy its constraints."""
    b = Builder(modulus)
    outputs = list(gadget(b, *[b.private(f"x{i}") for i in range(len(inputs))]))
    circuit = compiler.compile(b, "gadget")
    witness = program.run_ints(circuit.program, inputs, modulus)
    values = [r1cs.evaluate(sorted(signal.terms.items()), witness, modulus) for signal in outputs]
    return values, r1cs.first_unsatisfied(circuit.r1cs, witness) is None
