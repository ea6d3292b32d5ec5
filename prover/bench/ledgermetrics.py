"""What a service counted, of its /metrics: the stages of blocks, and of each bundle."""

from collections import Counter
from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families

from settlement import stages

ALONE = ("wait", "receipt")
"""Stages that each bundle has of its own."""


@dataclass(frozen=True)
class Counted:
    """Sums and counts, by the name of the sample and the stage."""

    samples: Counter[tuple[str, str]]

    def __sub__(self, before: "Counted") -> "Counted":
        return Counted(Counter({key: value - before.samples[key] for key, value in self.samples.items()}))

    @property
    def block(self) -> float:
        """How many bundles a block settled."""
        return self.samples["zksettle_block_bundles_sum", ""] / self.samples["zksettle_block_bundles_count", ""]

    def stages_s(self, count: int) -> dict[str, float]:
        """The seconds of a bundle in each stage, when there were `count` bundles."""
        of_block = {name: self.samples["zksettle_block_stage_seconds_sum", name] for name in stages.NAMES}
        alone = {name: self.samples["zksettle_stage_seconds_sum", name] for name in ALONE}
        return {name: seconds / count for name, seconds in (alone | of_block).items()}


def read(url: str) -> Counted:
    """What the service has counted until now."""
    families = text_string_to_metric_families(httpx.get(f"{url}/metrics").raise_for_status().text)
    samples = Counter[tuple[str, str]]()
    for family in families:
        for sample in family.samples:
            samples[sample.name, sample.labels.get("stage", "")] = sample.value  # type: ignore[assignment]
    return Counted(samples)
