"""What the options of `zksettle pool new` choose, as prover.operator.founding has it."""

from collections.abc import Sequence
from pathlib import Path

import click

from prover.cli.frame import pairs, paths
from prover.operator import defaults, founding, ownkey, validatorkey
from prover.operator.founding import Choices
from prover.operator.ownkey import GOVERNOR, ORACLE
from settlement.pool import poolfile
from zk.errors import FormatError
from zk.formats import strictjson

FEES = ("leg", "order")


def choices(
    governors: Sequence[str], governor_quorum: int | None, delay_minutes: int | None, oracles: Sequence[str],
    validators: Sequence[str], fees: Sequence[str], named: Sequence[str], parameters_file: Path | None,
    funds_required: bool,
) -> Choices:  # fmt: skip
    """The choices of these options.  Raises FormatError, and click.UsageError for what is given twice."""
    values = {} if parameters_file is None else _from_file(parameters_file)
    if oracles:
        if "oracle_keys" in values:
            raise click.UsageError(f"--oracle and {parameters_file} both name the oracles", _context())
        values["oracle_keys"] = [founding.key_value(ownkey.parse_key(text, ORACLE)) for text in oracles]
    if validators:
        if "validators" in values:
            raise click.UsageError(f"--validator and {parameters_file} both name the validators", _context())
        values["validators"] = founding.validators_value([validatorkey.parse(text) for text in validators])
    options = [f"fees.{name}={defaults.parse_numeraire(text)}" for name, text in _fees(fees)]
    if funds_required:
        options.append("board.funds_required=true")
    return Choices(
        governors=tuple(ownkey.parse_key(text, GOVERNOR) for text in governors),
        governor_quorum=governor_quorum,
        delay_ms=defaults.GOVERNANCE_DELAY_MS if delay_minutes is None else delay_minutes * 60_000,
        values=values,
        named=pairs.named([*named, *options]),
    )


def _from_file(path: Path) -> dict[str, object]:
    values = strictjson.loads(paths.read_bytes(path), str(path), poolfile.MAX_PARAMETERS_BYTES)
    if not isinstance(values, dict):
        raise FormatError(f"{path} is not an object of parameters, as `zksettle pool show --parameters` prints one")
    return values


def _fees(options: Sequence[str]) -> list[tuple[str, str]]:
    split = [option.partition("=") for option in options]
    if wrong := [name + sign + text for name, sign, text in split if name not in FEES or not sign]:
        raise click.UsageError(f"{wrong[0][:80]!r} is not leg=AMOUNT or order=AMOUNT", _context())
    return [(name, text) for name, _, text in split]


def _context() -> click.Context | None:
    return click.get_current_context(silent=True)
