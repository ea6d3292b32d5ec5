"""What the service counts, as Prometheus reads it."""

import asyncio

from prometheus_client.parser import text_string_to_metric_families

from settlement import stages
from tests.prover.network import serving
from tests.prover.network.test_bundles import deposits, encoded


async def counted(client) -> dict[tuple[str, str], float]:
    """The samples of /metrics by name and stage."""
    text = (await client.get("/metrics")).text
    families = text_string_to_metric_families(text)
    return {(one.name, one.labels.get("stage", "")): one.value for family in families for one in family.samples}


def test_each_stage_of_a_block_is_counted_once_for_the_block(tmp_path):
    path = serving.ledger_at(tmp_path)
    bundles = deposits(path, 5, 6)

    async def questions(client):
        before = await counted(client)
        for bundle in bundles:
            await serving.post(client, "/bundles", encoded(bundle))
        return before, await counted(client)

    before, after = serving.asked(path, questions)
    for name in stages.NAMES:
        assert ("zksettle_block_stage_seconds_count", name) not in before
        assert after["zksettle_block_stage_seconds_count", name] == 2
        assert after["zksettle_block_stage_seconds_sum", name] > 0
    assert after["zksettle_settled_total", ""] == after["zksettle_height", ""] == 2


def test_a_bundle_that_is_sent_twice_at_once_is_counted_once(tmp_path):
    path = serving.ledger_at(tmp_path)
    (bundle,) = deposits(path, 5)

    async def questions(client):
        answers = await asyncio.gather(*(serving.post(client, "/bundles", encoded(bundle)) for _ in range(5)))
        return {answer.status_code for answer in answers}, await counted(client)

    statuses, after = serving.asked(path, questions)
    assert statuses == {200} and after["zksettle_settled_total", ""] == after["zksettle_block_bundles_sum", ""] == 1
