"""`zksettle prover …`: a process that stays, with keys and kernels loaded, and proves for the other commands."""

import sys
from typing import TYPE_CHECKING

import click

from prover.cli.frame.command import App, group, pass_app

if TYPE_CHECKING:
    from prover.machine.home import Home

WORKERS = 64


@group()
def prover() -> None:
    """Keep a prover running, which other commands then use.

    `zksettle prove` and `zksettle groth16 prove` ask it when it runs in their home, and prove themselves when not.
    """


@prover.command("serve")
@click.option("--workers", type=click.IntRange(1, WORKERS), metavar="N", help="How many proofs are made side by side. "
              "Default: ZKSETTLE_THREADS, else every core.")  # fmt: skip
@pass_app
def serve(app: App, workers: int | None) -> None:
    """Keep processes that prove for other commands.

    It serves this home until Ctrl-C or `zksettle prover stop`. Proofs that take no more than ten seconds longer are
    finished.

    It listens at a Unix socket in the home, which is open to your user only.
    """
    from prover.cli.frame import workspace
    from prover.service import serving

    def tell(text: str) -> None:
        click.echo(text, err=True)

    home, size = app.home, workers or serving.cores()
    _warm(app, home)

    def ready() -> None:
        app.screen.say(f"The prover is running with {size} workers. Ctrl-C ends it.")
        app.screen.document({"running": True, "workers": size, "home": str(home.path)})
        sys.stdout.flush()

    serving.run(home, workspace.now_ms(), size, ready, tell)
    app.screen.say("The prover has ended.")


def _warm(app: App, home: "Home") -> None:
    """Compiles kernels and makes keys in a process of their own: the service's need not load what workers load."""
    import subprocess

    from prover.service.protocol import Failed

    command = [sys.executable, "-m", "prover.cli.main", "warmup", "--home", str(home.path)]
    quiet = ["--json"] if app.screen.is_json else []
    if subprocess.run([*command, *quiet], check=False, stdout=subprocess.DEVNULL).returncode:
        raise Failed("the prover cannot be started: `zksettle warmup` failed")


@prover.command("status")
@pass_app
def status(app: App) -> None:
    """Whether the prover is running, and what it has done."""
    from prover.cli.frame.screen import seconds
    from prover.service import client

    found = client.status(app.home.service)
    if found is None:
        app.screen.say("The prover is not running: `zksettle prover serve` starts it.")
        app.screen.document({"running": False})
        return
    about = found.fields
    busy = sum(worker["busy"] for worker in about["workers"])
    app.screen.say(f"The prover is running as process {about['pid']} for {seconds(about['uptime_s'])}.", "good")
    app.screen.fields([
        ("workers", f"{len(about['workers'])}, of which {busy} at work; {about['replaced']} replaced"),
        ("queue", f"{about['queued']} of at most {about['queue_limit']}"),
        ("answered", ", ".join(f"{count} {outcome}" for outcome, count in about["answered"].items()) or "nothing yet"),
    ])  # fmt: skip
    shown = {name: value for name, value in about.items() if name not in ("outcome", "sentence")}
    app.screen.document({"running": True, **shown})


@prover.command("stop")
@pass_app
def stop(app: App) -> None:
    """End the prover.

    Proofs that take no more than ten seconds longer are finished.
    """
    from prover.service import client

    was_running = client.stop(app.home.service)
    app.screen.say("The prover has ended." if was_running else "The prover was not running.")
    app.screen.document({"stopped": was_running})
