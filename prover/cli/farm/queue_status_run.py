"""Runs `zksettle prover queue status`."""

from typing import Any

from prover.cli.frame.command import App
from prover.farm import control
from prover.farm.control import ParkedJob, Status, WorkerStatus
from prover.farm.jobs import State
from prover.machine import units
from prover.proofs.purposes import Purpose
from settlement import databases

WORKER_DIGITS = 16  # of a worker's key: enough to tell machines apart, and for `prover queue pardon`


def status(app: App, queue: str) -> None:
    """Shows the queue."""
    found = control.status(queue)
    takes = "takes no new jobs (`zksettle prover queue resume`)" if found.is_draining else "takes jobs"
    app.screen.say(f"The queue at {databases.shown(queue)} {takes}.", "warn" if found.is_draining else "good")
    app.screen.fields([
        ("queued", f"{found.queued:,}, about {found.proving:,} of them with a worker" if found.queued else "nothing"),
        *([("oldest", f"waits for {_ago(found.oldest_ms)}")] if found.queued else []),
        ("workers", str(sum(not each.is_accused for each in found.workers)) if found.workers else "none"),
    ])  # fmt: skip
    app.screen.gap()
    app.screen.table(
        ("jobs of the last hour", *(f">{purpose.name.lower()}" for purpose in Purpose)),
        [(state.value, *(f"{found.counts[state][purpose]:,}" for purpose in Purpose)) for state in State],
    )
    if found.workers:
        app.screen.gap()
        app.screen.table(
            ("worker", "key", "state", ">seen ago", ">done", ">failed"),
            [(each.name, each.identity.hex()[:WORKER_DIGITS], _state(each), _ago(each.seen_ms_ago),
              f"{each.jobs_done:,}", f"{each.jobs_failed:,}") for each in found.workers],
        )  # fmt: skip
    if found.parked:
        app.screen.gap()
        app.screen.table(
            ("parked job", "proves", "for", ">attempts", ">ago", "why"),
            [(each.id.hex(), each.key_name, each.purpose.name.lower(), str(each.attempts), _ago(each.parked_ms_ago),
              each.reason) for each in found.parked],
        )  # fmt: skip
    app.screen.document(_document(queue, found))


def _state(worker: WorkerStatus) -> str:
    return "quarantined" if worker.is_accused else worker.state


def _ago(ms: int) -> str:
    return units.seconds(max(ms, 0) / 1000)


def _document(queue: str, found: Status) -> dict[str, Any]:
    return {
        "queue": databases.shown(queue),
        "draining": found.is_draining,
        "queued": found.queued,
        "proving": found.proving,
        "oldest_ms": found.oldest_ms,
        "jobs": {
            state.value: {purpose.name.lower(): found.counts[state][purpose] for purpose in Purpose} for state in State
        },
        "workers": [_worker(each) for each in found.workers],
        "parked": [_parked(each) for each in found.parked],
    }


def _worker(worker: WorkerStatus) -> dict[str, Any]:
    return {
        "name": worker.name, "key": worker.identity.hex(), "state": worker.state, "seen_ms_ago": worker.seen_ms_ago,
        "done": worker.jobs_done, "failed": worker.jobs_failed, "quarantined": worker.is_accused,
    }  # fmt: skip


def _parked(job: ParkedJob) -> dict[str, Any]:
    return {
        "job": job.id.hex(), "key": job.key.hex(), "proves": job.key_name, "purpose": job.purpose.name.lower(),
        "attempts": job.attempts, "reason": job.reason, "parked_ms_ago": job.parked_ms_ago,
    }  # fmt: skip
