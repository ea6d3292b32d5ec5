"""What tests.soak.hostile measures, and how it is printed."""

from dataclasses import dataclass

WINDOW_S = 20
PER_S = 10
"""Swaps that the honest client settles in a second."""


@dataclass(frozen=True)
class Measured:
    """How long each honest swap took, in seconds, and the most memory that the service had, in bytes."""

    times_s: list[float]
    memory: int

    def quantile_ms(self, percent: int) -> float:
        """The time within which this share of the swaps settled."""
        ordered = sorted(self.times_s)
        return 1_000 * ordered[min(-(-len(ordered) * percent // 100), len(ordered)) - 1]

    def windows(self) -> list["Measured"]:
        """The same in pieces of WINDOW_S each, as if the swaps had been sent when they should."""
        size = WINDOW_S * PER_S
        return [Measured(self.times_s[at : at + size], self.memory) for at in range(0, len(self.times_s), size)]

    def __str__(self) -> str:
        quantiles = ", ".join(f"p{percent} {self.quantile_ms(percent):.0f} ms" for percent in (50, 95, 99))
        return f"{len(self.times_s)} swaps, {quantiles}, at most {self.memory >> 20} MiB"


@dataclass(frozen=True)
class Report:
    """What the honest client measured in one arrangement, and how often each kind of hostile client got each answer."""

    name: str
    alone: Measured
    control: Measured
    beside: Measured
    told: dict[str, dict[str, int]]

    @property
    def slower(self) -> float:
        """How many times its idle value the p95 was."""
        return self.beside.quantile_ms(95) / self.alone.quantile_ms(95)

    @property
    def more(self) -> float:
        """How many times the memory was what it is without hostile clients."""
        return self.beside.memory / self.alone.memory

    def show(self) -> None:
        """Prints it."""
        print(f"{self.name}: alone     {self.alone}\n{self.name}: control   {self.control}")
        for number, window in enumerate(self.beside.windows()):
            print(f"{self.name}: {number * WINDOW_S:3d} s on  {window}")
        print(f"{self.name}: attacked  {self.beside}")
        control = self.control.quantile_ms(95) / self.alone.quantile_ms(95)
        print(f"{self.name}: p95 {self.slower:.1f} times (control {control:.1f}), memory {self.more:.2f} times")
        for kind, answers in self.told.items():
            print(f"  {kind:<26}", ", ".join(f"{count} x {name}" for name, count in sorted(answers.items())))
