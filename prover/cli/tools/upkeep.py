"""`zksettle warmup`, `doctor` and `completion`: prepare the machine, check it, and complete commands in shells."""

import click

from prover.cli.frame.command import App, command, pass_app

SHELLS = {
    "bash": 'Put this into ~/.bashrc: eval "$(zksettle completion bash)"',
    "zsh": 'Put this into ~/.zshrc: eval "$(zksettle completion zsh)"',
    "fish": "Run once: zksettle completion fish > ~/.config/fish/completions/zksettle.fish",
}


@command()
@pass_app
def warmup(app: App) -> None:
    """Compile kernels and make proving keys now.

    Otherwise the first command that proves does it, and takes that much longer.
    """
    from prover.cli.tools import upkeep_run

    upkeep_run.warm_up(app)


@command()
@pass_app
def doctor(app: App) -> None:
    """Check everything that zksettle needs from this machine.

    The exit code is 1 if something will not work.
    """
    from prover.cli.tools import upkeep_run

    upkeep_run.examine(app)


@command(epilog="\n\n".join(SHELLS.values()))
@click.argument("shell", type=click.Choice(list(SHELLS)))
@pass_app
def completion(app: App, shell: str) -> None:
    """Print the script that completes commands in SHELL."""
    from prover.cli.tools import upkeep_run

    upkeep_run.complete(app, shell)
