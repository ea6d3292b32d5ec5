"""What a founder chooses for a pool in place of the defaults: who governs and prices it, and its first parameters.

The parameters are given as values of their record (settlement.pool.poolfile), all of them or a few:

    {"fees": {"leg": 10000, "order": 1000000}, "penalty_bps": 800}

What is not given is the default's.  The oracles' and guardians' keys belong to the record too, but most pools make them
when they are founded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prover.operator import defaults, proposing
from settlement.pool import parameters as records
from settlement.pool import poolfile
from settlement.pool.parameters import Governance, Guardians, Parameters
from settlement.pool.validators import Validator, Validators
from zk import signature
from zk.curves.babyjubjub import Point
from zk.errors import FormatError
from zk.formats import dataclassjson

WHAT = "the parameters"
MADE_HERE = ("version", "oracle_keys", "quorum", "guardians")
"""The values of the record that are about one pool, so that a record for another has them anew."""


@dataclass(frozen=True)
class Choices:
    """`governors` are public keys; without any, the founder makes the default number of keys.

    `governor_quorum` is by default more than half of the governors.  `values` are those of the record, and `named` more
    of them by their names (prover.operator.proposing), as JSON texts.
    """

    governors: tuple[Point, ...] = ()
    governor_quorum: int | None = None
    delay_ms: int = defaults.GOVERNANCE_DELAY_MS
    values: Mapping[str, Any] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether they say what the record's value of this name is."""
        return name in self.values or name in self.named


DEFAULT = Choices()
"""All the defaults."""


def check(choices: Choices) -> None:
    """Raises FormatError, naming what is wrong, when no pool of the example assets can have these choices."""
    governance(choices, choices.governors or _stand_ins(defaults.GOVERNORS))
    found = parameters(choices, None, None)
    records.check_for(defaults.assets(dict.fromkeys(defaults.SYMBOLS, _stand_ins(1)[0]), 1), found)


def governance(choices: Choices, keys: Sequence[Point]) -> Governance:
    """The governance of these keys.  Raises FormatError as Governance does."""
    quorum = len(keys) // 2 + 1 if choices.governor_quorum is None else choices.governor_quorum
    return Governance(tuple(keys), quorum, choices.delay_ms)


def parameters(choices: Choices, oracle_keys: Sequence[Point] | None, guardians: Guardians | None) -> Parameters:
    """The first parameters.  The keys are those that the founder made, None where the choices have them.

    Raises FormatError, naming the value, when the choices do not make sound parameters.
    """
    made = defaults.parameters(oracle_keys or _stand_ins(defaults.ORACLES), guardians)
    document = poolfile.parameters_json(made)
    if unknown := sorted(set(choices.values) - set(document)):
        raise FormatError(f"{WHAT} have no {unknown[0][:80]!r}")
    _merge(document, choices.values)
    proposing.put(document, choices.named)
    if not choices.has("quorum") and isinstance(document["oracle_keys"], list):
        document["quorum"] = 2 * len(document["oracle_keys"]) // 3 + 1  # the fewest that are more than two thirds
    if document["version"] != 1:
        raise FormatError(f"{WHAT} of a new pool must have version 1")
    return poolfile.read_parameters(document, WHAT)


def key_value(key: Point) -> list[str]:
    """A public key as the record has it."""
    return [str(coordinate) for coordinate in key]


def validators_value(members: Sequence[Validator]) -> dict[str, Any]:
    """Validators as the record has them; more than two thirds of them make a checkpoint final."""
    return dataclassjson.write(Validators(tuple(members), 2 * len(members) // 3 + 1))


def record(parameters: Parameters) -> dict[str, Any]:
    """The values of parameters with which another pool can be founded: without those of MADE_HERE."""
    values = poolfile.parameters_json(parameters)
    return {name: value for name, value in values.items() if name not in MADE_HERE}


def default_record() -> dict[str, Any]:
    """The values of the default parameters, as `record`."""
    return record(defaults.parameters(_stand_ins(defaults.ORACLES), None))


def _merge(document: dict[str, Any], values: Mapping[str, Any]) -> None:
    """Replaces the document's values by these; inside an object only those that are given."""
    for name, value in values.items():
        inside = document.get(name)
        if isinstance(inside, dict) and isinstance(value, dict):
            _merge(inside, value)
        else:
            document[name] = value


def _stand_ins(count: int) -> tuple[Point, ...]:
    """Public keys for records that are only looked at."""
    return tuple(map(signature.public, range(1, 1 + count)))
