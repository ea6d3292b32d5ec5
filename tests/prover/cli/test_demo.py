"""The demo's story comes true: what it shows is what happened."""

import json
import sqlite3

import pytest

from prover.trader import walletfile
from tests.prover.cli.run import zksettle


@pytest.fixture(scope="module")
def own(keystore, tmp_path_factory):
    """A user's home that has nothing but the session's keys."""
    made = tmp_path_factory.mktemp("own")
    (made / "keys").symlink_to(keystore.folder("leg").parent, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
        yield made


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return tmp_path_factory.mktemp("kept") / "story"


@pytest.fixture(scope="module")
def story(own, kept):
    ran = zksettle(own, "demo", "--keep", kept, "--json")
    assert ran.code == 0, ran
    return json.loads(ran.out)


def acts(story):
    return {act["title"]: act for act in story["acts"]}


def test_four_cheats_are_refused_each_for_its_own_reason(story):
    steps = acts(story)["Four cheats"]["steps"]
    numbers = [step["rejection"]["number"] for step in steps if "rejection" in step]
    assert numbers == [10, 12, 2, 13, 13]
    assert [step["refused"] for step in steps if "refused" in step][0].startswith("the margin does not suffice")
    assert any(step["command"] and step["command"].startswith("zksettle withdraw") and step["height"] for step in steps)


def test_every_asset_is_conserved(story):
    conservation = acts(story)["The settlement"]["conservation"]
    assert len(conservation) == 8 and all(asset["holds"] for asset in conservation)
    maker = {asset["asset"]: int(asset["maker"]) for asset in conservation}
    assert maker["USDC"] == -16_000_000_000 and maker["ETH"] == 8_000_000_000


def test_the_leveraged_maker_survives_all_sixteen_scenarios(story):
    (step,) = acts(story)["A shielded order"]["steps"]
    assert len(step["scenarios"]) == 16 and all(int(scenario["value"]) >= 0 for scenario in step["scenarios"])
    assert len({tuple(scenario["moves_bps"].values()) for scenario in step["scenarios"]}) == 16
    assert {abs(scenario["moves_bps"]["ETH"]) for scenario in step["scenarios"]} == {1980}
    assert not {"assets", "sell", "buy", "owner", "price"} & set(step["public"])


def test_timings_and_sizes_are_told(story):
    measures = story["measures"]
    assert measures["bytes"]["proof"] == 256 and measures["machine"]["cpu"]
    assert {"Proving leg", "Proving margin", "The whole story"} <= set(measures["seconds"])


def test_the_story_is_kept_where_it_was_asked_for_and_nowhere_else(story, own, kept):
    assert {path.name for path in own.iterdir()} == {"keys"}
    shown = zksettle(kept, "ledger", "show", "--json")
    assert json.loads(shown.out)["size"] == 6
    with sqlite3.connect(kept / "pool" / "ledger.sqlite") as database:
        assert database.execute("SELECT count(*) FROM bundles").fetchone() == (5,)
    ran = zksettle(own, "demo", "--keep", kept)
    assert ran.code == 1 and "is there already" in ran.err


def test_a_pipe_gets_the_whole_story_in_plain_lines_of_bounded_width(own):
    ran = zksettle(own, "demo")
    assert ran.code == 0 and "\x1b" not in ran.out
    assert max(map(len, ran.out.splitlines())) <= 110
    for words in ("everybody sees", "the maker sees", "Rejection 12 (UNBALANCED)", "Nothing was created or lost"):
        assert words in ran.out
    assert {path.name for path in own.iterdir()} == {"keys"}
