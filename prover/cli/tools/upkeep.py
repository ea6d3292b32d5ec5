"""`zksettle warmup`, `doctor` and `completion`: getting the machine ready and finding out why it is not."""

import time

import click

from prover.cli.frame import screen, watching, workspace
from prover.cli.frame.command import App, command, pass_app

MARKS = {"good": ("✓", "good"), "note": ("·", "warn"), "bad": ("✗", "bad")}
SHELLS = ("bash", "zsh", "fish")
PLACES = {
    "bash": 'Put this into ~/.bashrc: eval "$(zksettle completion bash)"',
    "zsh": 'Put this into ~/.zshrc: eval "$(zksettle completion zsh)"',
    "fish": "Run once: zksettle completion fish > ~/.config/fish/completions/zksettle.fish",
}


@command()
@pass_app
def warmup(app: App) -> None:
    """Compile kernels and make proving keys now.

    Else the first commands that prove do it, and take that much longer.
    """
    from prover.proofs import keystores
    from prover.upkeep import warmup as warming

    started = time.perf_counter()
    with watching.show_progress(app):
        compiled, keys_made = warming.run(keystores.best(app.home.keys, workspace.now_ms()))
    took_s = time.perf_counter() - started
    keys = f"of {' and '.join(keys_made)} are made" if keys_made else "were made already"
    app.screen.say(
        f"Kernels {'are compiled' if compiled else 'were compiled already'}; proving keys {keys}. "
        f"It took {screen.seconds(took_s)}."
    )
    app.screen.document({"compiled": compiled, "keys_made": list(keys_made), "seconds": round(took_s, 6)})


@command()
@pass_app
def doctor(app: App) -> None:
    """Look at all that is needed from this machine.

    The exit code is 1 when something will not work.
    """
    from prover.upkeep import doctor as doctors

    found = list(doctors.examine(app.home))
    for finding in found:
        mark, style = MARKS[finding.state]
        app.screen.item(mark, style, finding.what.ljust(max(len(f.what) for f in found)), finding.text)
    is_bad = any(finding.state == doctors.BAD for finding in found)
    app.screen.document({
        "healthy": not is_bad,
        "findings": [{"what": f.what, "state": f.state, "text": f.text} for f in found],
    })  # fmt: skip
    if is_bad:
        raise click.exceptions.Exit(1)


@command(epilog="\n\n".join(PLACES.values()))
@click.argument("shell", type=click.Choice(SHELLS))
@pass_app
def completion(app: App, shell: str) -> None:
    """Print what completes commands in SHELL."""
    from click.shell_completion import get_completion_class

    root = click.get_current_context().find_root()
    kind = get_completion_class(shell)
    assert kind is not None, "click knows these shells"
    source = kind(root.command, {}, "zksettle", "_ZKSETTLE_COMPLETE").source()
    app.screen.block(source)
    app.screen.document({"shell": shell, "source": source})
