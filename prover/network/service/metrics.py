"""What the service counts, in the format of Prometheus.  No label has anything of a bundle, an account or a peer."""

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess, values

from settlement.stages import Durations

STAGE_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
BLOCK_BUNDLES = (1, 2, 4, 8, 16, 32, 60)

_NS_PER_S = 10**9


def forget(folder: Path, pid: int) -> None:
    """Leaves out what a process that has ended had open; what it has counted remains."""
    multiprocess.mark_process_dead(pid, str(folder))


class Metrics:
    """The metrics of one service, in a registry of its own.

    With a `folder`, which the processes of the service have in common, they are those of all of them together.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.registry, self._folder = CollectorRegistry(), folder
        if folder is not None:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
            values.ValueClass = values.MultiProcessValue()  # what the variable decides when the package is imported
        stage = Histogram(
            "zksettle_stage_seconds", "How long a bundle took in a stage, from arrival to receipt.", ["stage"],
            buckets=STAGE_S, registry=self.registry,
        )  # fmt: skip
        self.waiting, self.checking, self.applying, self.proving = (
            stage.labels(name) for name in ("wait", "check", "apply", "receipt")
        )
        self._stages = Histogram(
            "zksettle_block_stage_seconds", "How long a block of bundles took in a stage of settling.", ["stage"],
            buckets=STAGE_S, registry=self.registry,
        )  # fmt: skip
        self.block = Histogram(
            "zksettle_block_bundles", "How many bundles one block settled.", buckets=BLOCK_BUNDLES,
            registry=self.registry,
        )  # fmt: skip
        self.queue = Gauge(
            "zksettle_queue_length", "How many requests wait for the ledger.", registry=self.registry,
            multiprocess_mode="mostrecent",
        )  # fmt: skip
        self.height = Gauge(
            "zksettle_height", "The height of the newest event.", registry=self.registry,
            multiprocess_mode="mostrecent",
        )  # fmt: skip
        self.streams = Gauge(
            "zksettle_streams", "How many streams are open.", registry=self.registry, multiprocess_mode="livesum"
        )
        self.cosigning = Histogram(
            "zksettle_cosigning_seconds", "How long a log's newest event waited to be final.", buckets=STAGE_S,
            registry=self.registry,
        )  # fmt: skip
        self.settled = Counter("zksettle_settled", "How many bundles settled.", registry=self.registry)
        self.refused = Counter(
            "zksettle_refused", "How many requests were refused, by reason.", ["reason"], registry=self.registry
        )

    def passed(self, durations: Durations) -> None:
        """Counts the stages that a block passed."""
        for name, ns in durations.items():
            self._stages.labels(name).observe(seconds(ns))

    def text(self) -> bytes:
        """All of them, in Prometheus' text format."""
        if self._folder is None:
            return generate_latest(self.registry)
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry, path=str(self._folder))
        return generate_latest(registry)


def seconds(ns: int) -> float:
    """A duration in the unit of a histogram."""
    return ns / _NS_PER_S
