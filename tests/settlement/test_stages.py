"""Each stage of settling counts its own time once, and only while somebody asks."""

import time

from settlement import engine, stages
from settlement.bundles import encoding
from settlement.ledger import Ledger
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind, make


def test_the_stages_of_a_block_are_all_counted_and_do_not_overlap(where):
    with Ledger.create(where, samples.pool(), NOW_MS) as ledger:
        block = [encoding.encode_bundle(bind(ledger.ledger_id, make(ledger))) for _ in range(2)]
        start_ns = time.perf_counter_ns()
        with stages.recorded() as durations:
            engine.submit_all(ledger, block, NOW_MS, any_proof)
        elapsed_ns = time.perf_counter_ns() - start_ns
        assert set(durations) == set(stages.NAMES) and min(durations.values()) > 0
        assert sum(durations.values()) < elapsed_ns


def test_what_is_refused_while_it_is_checked_waits_for_no_lock(where):
    with Ledger.create(where, samples.pool(), NOW_MS) as ledger:
        late = encoding.encode_bundle(bind(ledger.ledger_id, make(ledger, expiry_ms=NOW_MS)))
        with stages.recorded() as durations:
            engine.submit_all(ledger, [late], NOW_MS, any_proof)
    assert "state" in durations and not {"lock", "write", "commit"} & set(durations)


def test_nothing_is_counted_when_nobody_asks(where):
    with stages.recorded() as durations:
        pass
    with Ledger.create(where, samples.pool(), NOW_MS) as ledger:
        engine.submit_all(ledger, [encoding.encode_bundle(bind(ledger.ledger_id, make(ledger)))], NOW_MS, any_proof)
    assert durations == {}
