"""Options of the form ASSET=VALUE or NAME=VALUE, which may be repeated."""

from collections.abc import Iterable

import click


def parse(options: Iterable[str], form: str) -> dict[str, str]:
    """{asset: value} of the options.

    Raises click.UsageError, showing the `form`, for one without an equals sign, and for an asset that is named twice.
    """
    values: dict[str, str] = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals:
            raise click.UsageError(f"{option!r} is not {form}", click.get_current_context())
        symbol = name.upper()
        if symbol in values:
            raise click.UsageError(f"{symbol} is named twice", click.get_current_context())
        values[symbol] = value
    return values


def named(options: Iterable[str]) -> dict[str, str]:
    """{name: value} of the options, whose names are those of a pool's parameters.

    Raises click.UsageError for one without an equals sign, and for a name that is given twice.
    """
    values: dict[str, str] = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals:
            raise click.UsageError(f"{option[:80]!r} is not NAME=VALUE, such as penalty_bps=800")
        if name in values:
            raise click.UsageError(f"{name[:80]} is named twice")
        values[name] = value
    return values
