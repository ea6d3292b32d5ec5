"""Runs `zksettle prover …`."""

import subprocess
import sys

from prover.cli.frame import screen
from prover.cli.frame.command import App
from prover.machine import clock, units
from prover.machine.home import Home
from prover.service import client
from prover.service.protocol import Failed


def serve(app: App, workers: int | None) -> None:
    """Runs the service until it is stopped."""
    from prover.service import serving  # asyncio and multiprocessing, which `status` and `stop` do without

    home, size = app.home, workers or serving.cores()
    _warm(app, home)

    def ready() -> None:
        app.screen.say(f"The prover is running with {size} worker{'s' * (size != 1)}. Ctrl-C ends it.")
        app.screen.document({"running": True, "workers": size, "home": str(home.path)})
        sys.stdout.flush()

    serving.run(home, clock.now_ms(), size, ready, screen.tell)
    app.screen.say("The prover has ended.")


def _warm(app: App, home: Home) -> None:
    """Compiles kernels and makes keys in another process: the service itself never loads what its workers load."""
    command = [sys.executable, "-m", "prover.cli.main", "warmup", "--home", str(home.path)]
    quiet = ["--json"] if app.screen.is_json else []
    if subprocess.run([*command, *quiet], check=False, stdout=subprocess.DEVNULL).returncode:
        raise Failed("the prover cannot be started: `zksettle warmup` failed")


def status(app: App) -> None:
    """Shows what the service reports about itself."""
    answer = client.status(app.home.service)
    if answer is None:
        app.screen.say("The prover is not running: `zksettle prover serve` starts it.")
        app.screen.document({"running": False})
        return
    fields = answer.fields
    busy = sum(worker["busy"] for worker in fields["workers"])
    uptime = units.seconds(fields["uptime_s"])
    app.screen.say(f"The prover has been running for {uptime} as process {fields['pid']}.", "good")
    app.screen.fields([
        ("workers", f"{len(fields['workers'])}, {busy} of them busy; {fields['replaced']} replaced"),
        ("queue", f"{fields['queued']} of at most {fields['queue_limit']}"),
        ("answered", ", ".join(f"{count} {outcome}" for outcome, count in fields["answered"].items())
                     or "nothing yet"),
    ])  # fmt: skip
    document = {name: value for name, value in fields.items() if name not in ("outcome", "sentence")}
    app.screen.document({"running": True, **document})


def stop(app: App) -> None:
    """Stops the service, if there is one."""
    was_running = client.stop(app.home.service)
    app.screen.say("The prover has ended." if was_running else "The prover was not running.")
    app.screen.document({"stopped": was_running})
