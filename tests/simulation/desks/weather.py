"""Carriers over one hub that lose, delay, repeat and reorder what they carry, and are away at times."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from prover.carriers.carrier import Answer, Deliver, Kind, Unavailable, ignore, one_by_one
from prover.carriers.memory import Hub

At = Callable[[int, Callable[[], None]], None]
"""Has something done so many milliseconds from now."""


@dataclass(frozen=True)
class Climate:
    """How often, in a thousand: lost, repeated, late by up to LATE_MS, and a carrier that is away."""

    lost: int = 15
    repeated: int = 20
    late: int = 30
    away: int = 15


USUAL = Climate()
CALM = Climate(0, 0, 0, 0)
QUICK_MS, LATE_MS = 400, 20_000


class Weather:
    """Makes carriers; `at` schedules deliveries, and `chance` decides what becomes of them."""

    def __init__(self, hub: Hub, chance: Any, at: At, climate: Climate = USUAL):
        self.hub, self.chance, self.at, self.climate = hub, chance, at, climate
        self.counts = {"delivered": 0, "lost": 0, "repeated": 0, "away": 0}

    def carrier(self, name: str, step: Callable[[str], None]) -> "RoughCarrier":
        """A carrier; `step` is told of what it does, and may end it there."""
        return RoughCarrier(name, self, step)

    def happens(self, thousandths: int) -> bool:
        """Whether what happens so often happens now."""
        return self.chance.randrange(1_000) < thousandths

    def delay_ms(self) -> int:
        """How long a delivery takes."""
        return self.chance.randrange(LATE_MS if self.happens(self.climate.late) else QUICK_MS)


class RoughCarrier:
    """A carrier of a hub (prover/carriers/carrier.py) in this weather."""

    def __init__(self, name: str, weather: Weather, step: Callable[[str], None]):
        self.name, self._weather, self._step = name, weather, step
        self._inner = weather.hub.carrier(name)
        self._is_open = True

    def publish(self, posting: bytes) -> int:
        """Carries an order."""
        return self._do(self._inner.publish, posting)

    def withdraw(self, withdrawal: bytes) -> int:
        """Takes an order back."""
        return self._do(self._inner.withdraw, withdrawal)

    def send(self, letter: bytes) -> int:
        """Carries a letter."""
        return self._do(self._inner.send, letter)

    def carry(self, kind: Kind, many: Sequence[bytes]) -> list[Answer]:
        """Carries many."""
        return one_by_one(self, kind, many)

    def _do(self, act: Callable[[bytes], int], data: bytes) -> int:
        self._step("carrier")
        if self._weather.happens(self._weather.climate.away):
            self._weather.counts["away"] += 1
            raise Unavailable("the carrier is away")
        places = act(data)
        self._step("carried")
        return places

    def subscribe(
        self, on_order: Deliver, on_letter: Deliver, since_ms: int, on_withdrawal: Deliver | None = None
    ) -> Any:
        """Delivers what is there and what comes, in this weather."""
        delivers = [self._rough(each) for each in (on_order, on_letter, on_withdrawal or ignore)]
        return self._inner.subscribe(delivers[0], delivers[1], since_ms, delivers[2])

    def _rough(self, deliver: Deliver) -> Deliver:
        weather = self._weather

        def carried(data: bytes) -> None:
            if weather.happens(weather.climate.lost):
                weather.counts["lost"] += 1
                return
            copies = 2 if weather.happens(weather.climate.repeated) else 1
            weather.counts["repeated"] += copies - 1
            for _ in range(copies):
                weather.at(weather.delay_ms(), lambda: self._arrived(deliver, data))

        return deliver if deliver is ignore else carried

    def _arrived(self, deliver: Deliver, data: bytes) -> None:
        if self._is_open:
            self._weather.counts["delivered"] += 1
            deliver(data)

    def close(self) -> None:
        """Ends all subscriptions."""
        self._is_open = False
        self._inner.close()
