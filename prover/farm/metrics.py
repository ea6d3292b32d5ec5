"""What a worker counts and what it sees of the queue, in the format of Prometheus, served over HTTP.

No label has anything of a job, an input or a submitter: purposes, outcomes and nothing else.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from prover.farm.batch import Batch
from prover.farm.control import Status
from prover.farm.jobs import MOST_ATTEMPTS, MOST_TOGETHER, State
from prover.proofs.purposes import Purpose
from settlement.errors import Unavailable
from zk.errors import FormatError

PROVING_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
WAITING_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_MS_PER_S = 1000


class Metrics:
    """The metrics of one worker, and of the queue that `status` describes whenever somebody asks for them."""

    def __init__(self, status: Callable[[], Status]) -> None:
        self.registry = registry = CollectorRegistry()
        self._jobs = Counter(
            "zksettle_farm_jobs", "Jobs that this worker has ended with, by outcome.", ["outcome"], registry=registry
        )
        for outcome in ("done", "failed", "parked"):
            self._jobs.labels(outcome)
        self._proving = Histogram(
            "zksettle_farm_proving_seconds", "How long a batch took, from its claim to its commit.",
            buckets=PROVING_S, registry=registry,
        )  # fmt: skip
        self._batch = Histogram(
            "zksettle_farm_batch_jobs", "How many jobs a batch had.", buckets=range(1, MOST_TOGETHER + 1),
            registry=registry,
        )  # fmt: skip
        self._attempts = Histogram(
            "zksettle_farm_attempts", "Which attempt at its job a proof was.", buckets=range(1, MOST_ATTEMPTS + 1),
            registry=registry,
        )  # fmt: skip
        self._waiting = Histogram(
            "zksettle_farm_waiting_seconds", "How long a job had been queued when this worker took it.",
            buckets=WAITING_S, registry=registry,
        )  # fmt: skip
        registry.register(_Queue(status))

    def observe(self, batch: Batch) -> None:
        """Counts a batch."""
        self._proving.observe(batch.seconds)
        self._batch.observe(len(batch.outcomes))
        for outcome, attempt, waited_ms in zip(batch.outcomes, batch.attempts, batch.waited_ms, strict=True):
            self._jobs.labels(outcome).inc()
            self._attempts.observe(attempt)
            self._waiting.observe(waited_ms / _MS_PER_S)

    def text(self) -> bytes:
        """All of them, in Prometheus' text format."""
        return generate_latest(self.registry)


class _Queue(Collector):
    """The queue as it is when somebody asks.  Of one that cannot be reached there is only that it cannot."""

    def __init__(self, status: Callable[[], Status]) -> None:
        self._status = status
        self._lock = threading.Lock()

    def describe(self) -> Iterator[Metric]:
        """Nothing: a registry that begins asks no database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The gauges."""
        reached = GaugeMetricFamily("zksettle_farm_queue_up", "Whether the queue's database answers.")
        try:
            with self._lock:
                status = self._status()
        except (Unavailable, FormatError):
            reached.add_metric([], 0)
            yield reached
            return
        reached.add_metric([], 1)
        yield reached
        queued = GaugeMetricFamily("zksettle_farm_queue_jobs", "Jobs that wait or are proved.", labels=["purpose"])
        for purpose in Purpose:
            queued.add_metric([purpose.name.lower()], status.counts[State.QUEUED][purpose])
        yield queued
        yield GaugeMetricFamily(
            "zksettle_farm_queue_oldest_seconds", "How long the oldest of them has waited.",
            status.oldest_ms / _MS_PER_S,
        )  # fmt: skip
        parked = sum(status.counts[State.PARKED].values())
        yield GaugeMetricFamily("zksettle_farm_parked_jobs", "Jobs that three attempts failed at.", parked)
        quarantined = sum(worker.is_accused for worker in status.workers)
        yield GaugeMetricFamily("zksettle_farm_workers", "Workers that work.", len(status.workers) - quarantined)
        yield GaugeMetricFamily("zksettle_farm_quarantined_workers", "Workers that signed a wrong proof.", quarantined)


@contextmanager
def served(metrics: Metrics, host: str, port: int) -> Iterator[int]:
    """Serves them at /metrics until the block ends, in a thread.  The port, which for 0 is one that is free.

    Raises OSError when nothing can listen there.
    """
    try:
        server, thread = start_http_server(port, host, metrics.registry)
    except OSError as error:
        raise OSError(error.errno, error.strerror, f"{host}:{port}") from None
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
