"""The builder, with which statements and gadgets write constraints.

Wires come in this order: public inputs, private inputs, and wires computed from those before them.  `multiply` computes
a wire and constrains it.  A `hint_…` computes wires and constrains nothing: a prover may put any value there, so the
next lines must determine it.  Every constraint records its reason, the scopes it was made in, and the file and line of
the gadget or statement that made it.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from circuits.frontend import program
from circuits.frontend.signal import Signal, Terms, combine, constant

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(_HERE))) + os.sep


class Constraint(NamedTuple):
    """The reason of a constraint, the scopes around it ("old account/owner"), and the line that made it."""

    why: str
    path: str
    file: str
    line: int


class Builder:
    """Collects inputs, constraints and witness steps.  `compiler.compile` turns them into a circuit."""

    def __init__(self, modulus: int):
        self.modulus = modulus
        self.public_names: list[str] = []
        self.private_names: list[str] = []
        self.num_wires = 1
        self.steps: list[tuple[int, int, int, int]] = []
        self.rows: list[tuple[int, int, int]] = []
        self.constraints: list[Constraint] = []
        self.combinations: list[Terms] = []
        self.one = constant(1, modulus)
        self._zero = constant(0, modulus)
        self._path = ""
        self._known: dict[int | tuple, int] = {}

    def public(self, name: str) -> Signal:
        """The next public input.  All public inputs come before the first private one."""
        assert not self.private_names, "public inputs come before private inputs"
        return self._input(name, self.public_names)

    def private(self, name: str) -> Signal:
        """The next private input.  All inputs come before the first computed wire."""
        return self._input(name, self.private_names)

    def constant(self, value: int) -> Signal:
        """The signal that always equals `value`."""
        return constant(value, self.modulus)

    def linear(self, wires: Sequence[int], coefficients: Sequence[int], added: int = 0) -> Signal:
        """Σ coefficient·wire + added, unchecked: the wires are distinct and above 0, coefficients in [1, modulus).

        The fast way to a dense combination whose coefficients were computed once for many uses.
        """
        terms = dict(zip(wires, coefficients, strict=True))
        if added:
            terms[0] = added
        return Signal(terms, self.modulus)

    def combine(self, factors: Sequence[int], signals: Sequence[Signal]) -> Signal:
        """Σ factor·signal, reduced once."""
        return combine(zip(factors, signals, strict=True), self.modulus)

    def multiply(self, x: Signal | int, y: Signal | int, why: str = "product") -> Signal:
        """x·y: a new wire and one constraint, or neither when x or y is constant."""
        x, y = self._signal(x), self._signal(y)
        factor = x.constant()
        if factor is not None:
            return y * factor
        factor = y.constant()
        if factor is not None:
            return x * factor
        left, right = self._combination(x), self._combination(y)
        product = self._step(program.MULTIPLY, left, right)
        self._constrain(left, right, self._combination(product), why)
        return product

    def require(self, x: Signal | int, y: Signal | int, z: Signal | int, why: str) -> None:
        """Makes x·y = z true.  One constraint."""
        a, b, c = (self._combination(self._signal(side)) for side in (x, y, z))
        self._constrain(a, b, c, why)

    def equal(self, x: Signal | int, y: Signal | int, why: str) -> None:
        """Makes x = y true.  One constraint, or none when they are the same combination."""
        difference = self._signal(x) - y
        if difference.terms:
            self.require(difference, self.one, self._zero, why)

    def hint_bits(self, x: Signal, width: int) -> list[Signal]:
        """The `width` low bits of the canonical integer x, lowest first.  Unconstrained."""
        first = self.num_wires
        self._append_step(program.BITS, width, self._combination(self._signal(x)), width)
        return [Signal({first + i: 1}, self.modulus) for i in range(width)]

    def hint_quotient(self, numerator: Signal | int, denominator: Signal | int) -> Signal:
        """numerator/denominator, and 0 when the denominator is 0.  Unconstrained."""
        a, b = (self._combination(self._signal(side)) for side in (numerator, denominator))
        return self._step(program.QUOTIENT, a, b)

    def hint_product(self, x: Signal | int, y: Signal | int) -> Signal:
        """x·y as a wire.  Unconstrained."""
        a, b = (self._combination(self._signal(side)) for side in (x, y))
        return self._step(program.MULTIPLY, a, b)

    def hint_linear(self, x: Signal | int) -> Signal:
        """x as a wire.  Unconstrained."""
        return self._step(program.LINEAR, self._combination(self._signal(x)), 0)

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Adds `name` to the path of the constraints made inside, after the names of the scopes around it."""
        outer = self._path
        self._path = f"{outer}/{name}" if outer else name
        try:
            yield
        finally:
            self._path = outer

    def _input(self, name: str, names: list[str]) -> Signal:
        assert not self.steps, "inputs come before computed wires"
        names.append(name)
        self.num_wires += 1
        return Signal({self.num_wires - 1: 1}, self.modulus)

    def _signal(self, value: Signal | int) -> Signal:
        return constant(value, self.modulus) if isinstance(value, int) else value

    def _step(self, operation: int, a: int, b: int) -> Signal:
        wire = self.num_wires
        self._append_step(operation, 1, a, b)
        return Signal({wire: 1}, self.modulus)

    def _append_step(self, operation: int, outputs: int, a: int, b: int) -> None:
        self.steps.append((operation, self.num_wires, a, b))
        self.num_wires += outputs

    def _combination(self, x: Signal) -> int:
        """The index of x among the combinations, which are stored without repetition."""
        terms = x.terms
        # Most repetitions are the very same dictionary, which its address finds without reading the terms.
        index = self._known.get(id(terms))
        if index is None:
            content = tuple(terms.items())
            index = self._known.get(content)
            if index is None:
                index = len(self.combinations)
                self.combinations.append(terms)
                self._known[id(terms)] = index  # safe: `combinations` keeps the dictionary alive at its address
                self._known[content] = index
        return index

    def _constrain(self, a: int, b: int, c: int, why: str) -> None:
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
            frame = frame.f_back
        file = frame.f_code.co_filename.removeprefix(_ROOT)
        self.rows.append((a, b, c))
        self.constraints.append(Constraint(why, self._path, file, frame.f_lineno))
