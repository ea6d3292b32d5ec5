"""Options of the form ASSET=VALUE, which may be repeated."""

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
