"""Runs `zksettle warmup`, `doctor` and `completion`."""

import time

import click
from click.shell_completion import get_completion_class

from prover.cli.frame import watching
from prover.cli.frame.command import App
from prover.machine import clock, units
from prover.proofs import keystores
from prover.upkeep import doctor, oldkernels, warmup

MARKS = {"good": ("✓", "good"), "note": ("·", "warn"), "bad": ("✗", "bad")}


def warm_up(app: App) -> None:
    """Compiles missing kernels and makes missing keys."""
    start_s = time.perf_counter()
    with watching.show_progress(app):
        compiled, keys_made = warmup.run(keystores.best(app.home.keys, clock.now_ms()))
    freed = oldkernels.remove(warmup.folder(), clock.now_ms())
    took_s = time.perf_counter() - start_s
    kernels = "Compiled the kernels" if compiled else "The kernels were already compiled"
    keys = f"made the keys of {' and '.join(keys_made)}" if keys_made else "the proving keys were already there"
    app.screen.say(f"{kernels}; {keys}. It took {units.seconds(took_s)}.")
    if freed:
        unused = f"compiled kernels of other versions, unused for {oldkernels.UNUSED_DAYS} days"
        app.screen.say(f"Removed {units.size(freed)} of {unused}.")
    app.screen.document({
        "compiled": compiled, "keys_made": list(keys_made), "removed_bytes": freed, "seconds": round(took_s, 6),
    })  # fmt: skip


def examine(app: App) -> None:
    """Shows each finding; exit code 1 if one is bad."""
    findings = list(doctor.examine(app.home))
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        mark, style = MARKS[finding.state]
        app.screen.item(mark, style, finding.what.ljust(width), finding.text)
    is_bad = any(finding.state == doctor.BAD for finding in findings)
    app.screen.document({
        "healthy": not is_bad,
        "findings": [{"what": f.what, "state": f.state, "text": f.text} for f in findings],
    })  # fmt: skip
    if is_bad:
        raise click.exceptions.Exit(1)


def complete(app: App, shell: str) -> None:
    """Prints click's completion script for a shell."""
    root = click.get_current_context().find_root()
    kind = get_completion_class(shell)
    assert kind is not None, "click supports these shells"
    source = kind(root.command, {}, "zksettle", "_ZKSETTLE_COMPLETE").source()
    app.screen.block(source)
    app.screen.document({"shell": shell, "source": source})
