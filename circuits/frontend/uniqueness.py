"""Decides which wires the constraints determine from the inputs, for every witness at once.

A wire is determined by one of these rules, which are applied until nothing changes:

    linear      it is the only unknown of a constraint, and its coefficient there is a constant other than 0
    bits        all unknowns of a linear constraint are boolean, and their weights, divided by the first or the last,
                are superincreasing with a sum below the modulus: then no two choices have the same sum (Σ 2^i·b_i)
    zero test   x·<z> = 0 and x·y = <z>, where x is known and <z> is any combination of z and known wires: the first
                equation determines z where x is not 0, the second where x is 0, whatever y is
    division    it is the only unknown of a constraint, and its coefficient depends on known wires: determined
                unless that coefficient is 0

A constraint may determine a wire only when everything in it is computed from inputs that the wire is computed from.
Otherwise the line that compares a hash with its public value would excuse an unconstrained wire inside the hash: the
public value makes the wire unique, but then the hash proves nothing.

The division rule makes an assumption, so it is tried only when the others are exhausted, and each use is reported.  A
wire that no rule reaches may still be unique for a deeper reason: it is undecided, not wrong.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zk.r1cs.r1cs import R1CS

Terms = dict[int, int]


@dataclass(frozen=True)
class Uniqueness:
    """The outcome of propagation.  `divisions` are the constraints whose coefficient was assumed not to be 0."""

    undecided: tuple[int, ...]
    divisions: tuple[int, ...]


def total_cones(r1cs: R1CS, cones: Sequence[int]) -> list[int]:
    """For each constraint, the inputs that anything in it is computed from, in the form of `program.cones`."""
    totals = []
    for sides in zip(r1cs.a.rows(), r1cs.b.rows(), r1cs.c.rows(), strict=True):
        total = 0
        for wire in (wire for side in sides for wire, _ in side):
            total |= cones[wire]
        totals.append(total)
    return totals


def propagate(r1cs: R1CS, known: Iterable[int], cones: Sequence[int] | None = None) -> Uniqueness:
    """The wires that the `known` ones and wire 0 do not determine, and the divisions relied on.

    `cones` come from `program.cones`; without them every constraint may determine every wire.
    """
    state = _State(r1cs, {0, *known}, cones or [0] * r1cs.num_wires)
    state.apply_exact_rules()
    divisions = []
    while (index := state.next_division()) is not None:
        divisions.append(index)
        state.learn(state.unknown(index))
        state.apply_exact_rules()
    undecided = tuple(wire for wire in range(r1cs.num_wires) if wire not in state.known)
    return Uniqueness(undecided, tuple(divisions))


class _State:
    """The known wires, and for each constraint the number of its unknown wires, and of those that are not boolean."""

    def __init__(self, r1cs: R1CS, known: set[int], cones: Sequence[int]):
        self.modulus = r1cs.modulus
        self.cones, self.totals = cones, total_cones(r1cs, cones)
        matrices = (r1cs.a.rows(), r1cs.b.rows(), r1cs.c.rows())
        self.constraints = [tuple(map(dict, sides)) for sides in zip(*matrices, strict=True)]
        self.members = [list(a.keys() | b.keys() | c.keys()) for a, b, c in self.constraints]
        self.places: list[list[int]] = [[] for _ in range(r1cs.num_wires)]
        for index, members in enumerate(self.members):
            for wire in members:
                self.places[wire].append(index)
        self.boolean = {u for i in range(len(self.members)) if (u := self._boolean_wire(i)) is not None}
        self.known: set[int] = set()
        self.num_unknown = [len(members) for members in self.members]
        self.num_unknown_wide = [sum(wire not in self.boolean for wire in members) for members in self.members]
        self.agenda = list(range(len(self.members)))
        self.postponed: list[int] = []
        self.learn(known)

    def learn(self, wires: Iterable[int]) -> None:
        """Marks `wires` as known and schedules the constraints that may now determine another."""
        for wire in set(wires) - self.known:
            self.known.add(wire)
            for index in self.places[wire]:
                self.num_unknown[index] -= 1
                self.num_unknown_wide[index] -= wire not in self.boolean
                if self.num_unknown[index] and (self.num_unknown[index] == 1 or not self.num_unknown_wide[index]):
                    self.agenda.append(index)

    def unknown(self, index: int) -> list[int]:
        """The unknown wires of a constraint."""
        return [wire for wire in self.members[index] if wire not in self.known]

    def apply_exact_rules(self) -> None:
        """Applies the rules without assumptions until none applies, and postpones what only a division could use."""
        while self.agenda:
            index = self.agenda.pop()
            unknown = self.unknown(index)
            if not self._may_determine(index, unknown):
                continue
            if unknown and (self._is_linear_in(index, unknown) or self._are_bits(index, unknown)):
                self.learn(unknown)
            elif len(unknown) == 1:
                if self._is_zero_test(index, unknown[0]):
                    self.learn(unknown)
                else:
                    self.postponed.append(index)

    def next_division(self) -> int | None:
        """A constraint that determines its only unknown wire if a known divisor is not 0, or None."""
        while self.postponed:
            index = self.postponed.pop(0)
            unknown = self.unknown(index)
            if len(unknown) == 1 and not _is_constant(self._coefficient(index, unknown[0])):
                return index
        return None

    def _may_determine(self, index: int, wires: list[int]) -> bool:
        """Whether everything in the constraint is computed from inputs that each of the wires is computed from."""
        return not any(self.totals[index] & ~self.cones[wire] for wire in wires)

    def _coefficient(self, index: int, wire: int) -> Terms:
        """The combination that multiplies `wire` in a·b - c: empty when it is 0 or the constraint is quadratic."""
        a, b, c = self.constraints[index]
        if wire in a and wire in b:
            return {}
        if wire in b:
            a, b = b, a
        factor, terms = a.get(wire, 0), dict(b) if wire in a else {}
        terms = {other: value * factor % self.modulus for other, value in terms.items()}
        terms[0] = (terms.get(0, 0) - c.get(wire, 0)) % self.modulus
        return {other: value for other, value in terms.items() if value}

    def _is_linear_in(self, index: int, unknown: list[int]) -> bool:
        """Whether the constraint has one unknown, multiplied by a non-zero constant."""
        return len(unknown) == 1 and self._coefficient(index, unknown[0]).keys() == {0}

    def _are_bits(self, index: int, unknown: list[int]) -> bool:
        """Whether the constraint is linear, its unknowns are boolean, and different choices give different sums."""
        a, b, c = self.constraints[index]
        if not _is_constant(a):
            a, b = b, a
        if not _is_constant(a) or not self.boolean.issuperset(unknown):
            return False
        factor, p = a.get(0, 0), self.modulus
        weights = [(factor * b.get(wire, 0) - c.get(wire, 0)) % p for wire in sorted(unknown)]
        bases = [pow(weight, -1, p) for weight in (weights[0], weights[-1]) if weight]
        return any(_superincreasing([weight * base % p for weight in weights], p) for base in bases)

    def _is_zero_test(self, index: int, z: int) -> bool:
        """Whether the constraint is x·<z> = 0 and another one is x·y = <z>, with x known."""
        a, b, c = self.constraints[index]
        x, other = (b, a) if z in a else (a, b)
        if c or z not in other or z in x:
            return False
        for i in (i for i in self.places[z] if self._may_determine(i, [z])):
            left, right, product = self.constraints[i]
            rest_is_known = all(wire == z or wire in self.known for wire in product)
            if z in product and x in (left, right) and rest_is_known:
                return True
        return False

    def _boolean_wire(self, index: int) -> int | None:
        """The wire u when the constraint is u·(u - 1) = 0, up to a factor, else None."""
        wires = [wire for wire in self.members[index] if wire]
        a, b, c = self.constraints[index]
        if len(wires) != 1 or wires[0] not in a or wires[0] not in b:
            return None
        u, p = wires[0], self.modulus

        def is_satisfied(value: int) -> bool:
            left, right, product = (side.get(0, 0) + side.get(u, 0) * value for side in (a, b, c))
            return (left * right - product) % p == 0

        return u if is_satisfied(0) and is_satisfied(1) else None


def _is_constant(terms: Terms) -> bool:
    """Whether a combination depends on no wire."""
    return not terms.keys() - {0}


def _superincreasing(weights: list[int], modulus: int) -> bool:
    """Whether each weight, in rising order, exceeds the sum of the smaller ones, and the total is below `modulus`."""
    total = 0
    for weight in sorted(weights):
        if weight <= total:
            return False
        total += weight
    return total < modulus
