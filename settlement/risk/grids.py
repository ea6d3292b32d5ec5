"""The publication of one epoch: what every asset is worth, two risk grids, and the signed quotes they follow from.

    bytes = epoch 8 │ time 8 │ coverage 1 │ 16 × (price 8 │ volatility 4 │ index 8 │ state 1 │ rate 8)
            │ initial 32 × 16 × 8 │ maintenance 32 × 16 × 8 │ evidence            big-endian, values signed

The state of a claim is 1 when it is settled, plus 2 when it is suspended (settlement.risk.market).
A new margin proof must survive the initial grid; an account must continue to survive the maintenance grid.
"""

import struct
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import chain

from circuits import records
from settlement.risk.market import Market
from zk.errors import FormatError
from zk.fields.prime import R

_HEAD = struct.Struct(">QQB")
_SLOT = struct.Struct(">QIQBQ")
_VALUES = struct.Struct(f">{records.SCENARIOS * records.ASSETS}q")
_SETTLED, _SUSPENDED = 1, 2
_FIXED_BYTES = _HEAD.size + records.ASSETS * _SLOT.size + 2 * _VALUES.size


class Coverage(StrEnum):
    """What an epoch's prices mean for margin proofs.

    MIXTURE: those against the previous initial grid are still good.  RANGE: only those against this one are, though
    every price stayed within the range that the previous initial grid gave it; so it is of the first epoch.  FROZEN: a
    price left that range, and until the next epoch that does not, nobody may take on more than he has.
    """

    MIXTURE = "mixture"
    RANGE = "range"
    FROZEN = "frozen"


_COVERAGES = tuple(Coverage)


@dataclass(frozen=True)
class Publication:
    """The market and the grids of one epoch.  `evidence` is the oracles' signed quotes (settlement.risk.quotes)."""

    epoch: int
    market: Market
    initial: records.RiskGrid
    maintenance: records.RiskGrid
    coverage: Coverage
    evidence: bytes

    @cached_property
    def initial_inputs(self) -> tuple[int, ...]:
        """The initial grid as it is among a margin proof's public inputs."""
        return flat(self.initial)

    @cached_property
    def maintenance_inputs(self) -> tuple[int, ...]:
        """The maintenance grid as it is among a proof's public inputs."""
        return flat(self.maintenance)

    @property
    def prices(self) -> tuple[int, ...]:
        """What one smallest unit of every asset is worth, in the unit of settlement.risk.risk."""
        return self.market.prices

    @property
    def rates(self) -> dict[int, int]:
        """{slot of a claim that has expired: its constant rate}, in smallest units of the loan for one of the claim."""
        return {slot: rate for slot, rate in enumerate(self.market.rates) if rate is not None}


@dataclass(frozen=True)
class PublishedGrids:
    """A publication that the ledger accepted at `published_ms`."""

    publication: Publication
    published_ms: int


def encode(publication: Publication) -> bytes:
    """The publication's bytes."""
    market = publication.market
    coverage = _COVERAGES.index(publication.coverage)
    parts = [_HEAD.pack(publication.epoch, market.time_ms, coverage)]
    for slot, (price, volatility, index, rate) in enumerate(
        zip(market.prices, market.volatilities, market.indices, market.rates, strict=True)
    ):
        state = _SETTLED if rate is not None else 0
        state |= _SUSPENDED if slot in market.suspended else 0
        parts.append(_SLOT.pack(price, volatility, index, state, rate or 0))
    parts += [_VALUES.pack(*chain(*grid.values)) for grid in (publication.initial, publication.maintenance)]
    return b"".join((*parts, publication.evidence))


def decode(data: bytes) -> Publication:
    """The publication in these bytes.  Raises FormatError unless they are what `encode` writes."""
    if len(data) < _FIXED_BYTES:
        raise FormatError(f"a publication has {len(data)} bytes, fewer than {_FIXED_BYTES}")
    epoch, time_ms, coverage = _HEAD.unpack_from(data)
    if coverage >= len(_COVERAGES):
        raise FormatError(f"a publication's coverage is {coverage}, not below {len(_COVERAGES)}")
    start = _HEAD.size
    rows = [_SLOT.unpack_from(data, start + slot * _SLOT.size) for slot in range(records.ASSETS)]
    start += records.ASSETS * _SLOT.size
    prices, volatilities, indices, states, rates = zip(*rows, strict=True)
    if any(state > _SETTLED | _SUSPENDED for state in states):
        raise FormatError("a publication has a claim in a state that does not exist")
    if any(rate and not state & _SETTLED for state, rate in zip(states, rates, strict=True)):
        raise FormatError("a publication has a rate for a claim that is not settled")
    known = tuple(rate if state & _SETTLED else None for state, rate in zip(states, rates, strict=True))
    suspended = frozenset(slot for slot, state in enumerate(states) if state & _SUSPENDED)
    initial, maintenance = (_grid(data, start + number * _VALUES.size) for number in range(2))
    market = Market(prices, volatilities, indices, known, time_ms, suspended)
    return Publication(epoch, market, initial, maintenance, _COVERAGES[coverage], data[_FIXED_BYTES:])


def flat(grid: records.RiskGrid) -> tuple[int, ...]:
    """The grid's values modulo r, row by row: as they are among a margin proof's public inputs."""
    return tuple(value % R for value in chain(*grid.values))


def _grid(data: bytes, start: int) -> records.RiskGrid:
    values = _VALUES.unpack_from(data, start)
    rows = (values[first : first + records.ASSETS] for first in range(0, len(values), records.ASSETS))
    return records.RiskGrid(tuple(rows))
