"""Reads a wallet's passphrase from a file, the environment, or the terminal.

It is never an argument of a command, because other users of the machine can see those.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from prover.cli.frame import paths
from zk.errors import FormatError

VARIABLE = "ZKSETTLE_PASSPHRASE"
NEW_VARIABLE = "ZKSETTLE_NEW_PASSPHRASE"

_REMEDY = f"give a file with --passphrase-file, or set {VARIABLE}"

wallet_option = click.option(
    "--wallet", "wallet_name", metavar="NAME", envvar="ZKSETTLE_WALLET", default="main", show_default=True,
    help="The wallet to use; also ZKSETTLE_WALLET.",
)  # fmt: skip


def option(function: Callable) -> Callable:
    """Adds --passphrase-file to a command, as the argument `passphrase_file`."""
    text = f"A file whose first line is the wallet's passphrase. Default: {VARIABLE}, else you are asked for it."
    return click.option("--passphrase-file", type=paths.Existing(), metavar="FILE", help=text)(function)


def ask(passphrase_file: Path | None, name: str) -> str:
    """The passphrase of an existing wallet."""
    return ask_of(passphrase_file, f"wallet {name}")


def ask_of(passphrase_file: Path | None, what: str) -> str:
    """The passphrase of something that exists, such as an exported wallet."""
    text = _from_file_or_environment(passphrase_file)
    return text if text is not None else _prompt(f"Passphrase of {what}", _REMEDY, is_new=False)


def choose(passphrase_file: Path | None, name: str) -> str:
    """The passphrase for a new wallet.  Raises FormatError when it is too short."""
    from prover.trader import walletfile

    text = _from_file_or_environment(passphrase_file)
    if text is None:
        text = _prompt(f"Passphrase for the new wallet {name}", _REMEDY, is_new=True)
    walletfile.check_passphrase(text)
    return text


def new_option(function: Callable) -> Callable:
    """Adds --new-passphrase-file to a command, as the argument `new_passphrase_file`."""
    text = f"A file whose first line is the new passphrase. Default: {NEW_VARIABLE}, else you are asked for it."
    return click.option("--new-passphrase-file", type=paths.Existing(), metavar="FILE", help=text)(function)


def choose_new(new_passphrase_file: Path | None, what: str) -> str:
    """A passphrase for `what`, which is never the one in VARIABLE.  Raises FormatError when it is too short."""
    from prover.trader import walletfile

    text = _from_file_or_environment(new_passphrase_file, NEW_VARIABLE)
    if text is None:
        remedy = f"give a file with --new-passphrase-file, or set {NEW_VARIABLE}"
        text = _prompt(f"New passphrase for {what}", remedy, is_new=True)
    walletfile.check_passphrase(text)
    return text


def phrase(phrase_file: Path | None) -> str:
    """A seed phrase, from the first line of a file or typed without echo."""
    if phrase_file is not None:
        return _first_line(phrase_file)
    return _prompt("Seed phrase (24 words)", "give a file with --phrase-file", is_new=False)


def _from_file_or_environment(passphrase_file: Path | None, variable: str = VARIABLE) -> str | None:
    if passphrase_file is not None:
        return _first_line(passphrase_file)
    text = os.environ.get(variable)
    return None if text is None else _checked(text, variable)


def _first_line(path: Path) -> str:
    lines = paths.read_text(path).splitlines()
    if not lines or not lines[0]:
        raise FormatError(f"the first line of {path} is empty")
    return lines[0]


def _prompt(question: str, remedy: str, *, is_new: bool) -> str:
    if not sys.stdin.isatty():
        raise click.UsageError(f"there is no terminal to ask on ({question}): {remedy}")
    return _checked(click.prompt(question, hide_input=True, confirmation_prompt=is_new, err=True), "what was typed")


def _checked(text: str, source: str) -> str:
    """The text.  Raises FormatError for bytes in another encoding, which Python hands on as lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise FormatError(f"{source} is not valid text in UTF-8") from None
    return text
