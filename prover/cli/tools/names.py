"""The command-line argument that names a statement."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class StatementName(click.ParamType):
    """A statement's name.  Any other word is wrong usage, answered with the list of names."""

    name = "statement"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from circuits import pins

        if value not in pins.names():
            self.fail(f"there is no statement {value!r}; the statements are {', '.join(pins.names())}", param, ctx)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list["CompletionItem"]:
        from click.shell_completion import CompletionItem

        from circuits import pins

        return [CompletionItem(name) for name in pins.names() if name.startswith(incomplete)]


statement_argument = click.argument("statement", type=StatementName())
