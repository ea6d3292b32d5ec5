"""The frame of all commands: --home, --ledger, --json, and groups that import a command when it is called.

A file of commands imports only click and this package at its top.  Each command then imports the `…_run` module that
does its work, so that help answers at once.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prover.cli.frame.screen import Screen

if TYPE_CHECKING:
    from prover.machine.home import Home


@dataclass(frozen=True)
class Done:
    """What a command has done for good, in words such as "settled at height 7", and as fields of a JSON document.

    `remedy` says what to do if something fails now.  `is_complete` says that nothing is left to do.
    """

    sentence: str
    document: dict[str, Any]
    remedy: str = "The same command, repeated, reports this and does nothing else."
    is_complete: bool = False


class App:
    """One call of the program: its home, its screen, and what it has done for good.  This is click's context object.

    `arguments` are the words after the program's name.  `elsewhere` returns the home when --ledger says where its
    ledger is (prover.cli.frame.elsewhere).
    """

    def __init__(
        self, elsewhere: "Callable[[App, Home, str], Home] | None" = None, arguments: Sequence[str] = ()
    ) -> None:
        self._elsewhere = elsewhere
        self.arguments = tuple(arguments)
        self.screen = Screen()
        self.home_option: Path | None = None
        self.ledger_option: str | None = None
        self.done: Done | None = None

    @property
    def home(self) -> "Home":
        """The home, which may not be there yet.  With --ledger it has joined that ledger's pool."""
        from prover.machine import home

        found = home.find(self.home_option)
        if self.ledger_option is None:
            return found
        assert self._elsewhere is not None, "the program knows how"
        return self._elsewhere(self, found, self.ledger_option)


def _set_json(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    app = context.ensure_object(App)
    app.screen.is_json = app.screen.is_json or value


def _set_home(context: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    app = context.ensure_object(App)
    app.home_option = value or app.home_option


def _set_ledger(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    app = context.ensure_object(App)
    app.ledger_option = value or app.ledger_option


def _options() -> list[click.Parameter]:
    folder = click.Path(file_okay=False, path_type=Path)
    return [
        click.Option(
            ["--home"], type=folder, metavar="FOLDER", callback=_set_home, expose_value=False,
            help="The folder of all data. Default: ZKSETTLE_HOME, else the system's folder for application data.",
        ),
        click.Option(
            ["--ledger"], metavar="URL", callback=_set_ledger, expose_value=False,
            help="The service of the ledger. Default: the one that was joined. URL#DIGITS joins a pool with that id.",
        ),
        click.Option(
            ["--json"], is_flag=True, callback=_set_json, expose_value=False,
            help="Print one JSON document instead of text.",
        ),
    ]  # fmt: skip


class Command(click.Command):
    """A command that takes --home, --ledger and --json."""

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.params += _options()


class Group(click.Group):
    """A group of commands and groups that all take --home, --ledger and --json."""

    command_class = Command
    group_class = type

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.params += _options()


class LazyGroup(Group):
    """A group that imports a command's file when the command is called.

    `commands_at` maps each command's name to "module:attribute".
    """

    def __init__(self, *arguments: Any, commands_at: Mapping[str, str], **options: Any):
        super().__init__(*arguments, **options)
        self._commands_at = commands_at

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self._commands_at)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self._commands_at:
            return None
        module, attribute = self._commands_at[name].split(":")
        return getattr(importlib.import_module(module), attribute)


def command(**options: Any) -> Callable[[Callable], Command]:
    """The decorator of a command outside any group."""
    return click.command(cls=Command, **options)


def group(**options: Any) -> Callable[[Callable], Group]:
    """The decorator of a group."""
    return click.group(cls=Group, **options)


pass_app = click.make_pass_decorator(App, ensure=True)
