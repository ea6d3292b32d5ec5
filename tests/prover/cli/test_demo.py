"""The demo's story comes true: what it shows is what happened."""

import json
import sqlite3

import pytest

from prover.cli.frame.screen import Screen
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
def told(own, kept):
    """The story as a pipe gets it, and the document that `--json` prints of it: it is told once, for it takes long."""
    documents = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Screen, "document", lambda self, document: documents.append(document))
        ran = zksettle(own, "demo", "--keep", kept)
    assert ran.code == 0, ran
    (document,) = documents
    return ran.out, json.loads(json.dumps(document))


@pytest.fixture(scope="module")
def story(told):
    return told[1]


def acts(story):
    return {act["title"]: act for act in story["acts"]}


def test_four_cheats_are_refused_each_for_its_own_reason(story):
    steps = acts(story)["Four cheats"]["steps"]
    numbers = [step["rejection"]["number"] for step in steps if "rejection" in step]
    assert numbers == [10, 12, 2, 13, 13]
    assert [step["refused"] for step in steps if "refused" in step][0].startswith("the margin does not suffice")
    assert any(step["command"] and step["command"].startswith("zksettle withdraw") and step["height"] for step in steps)


def test_every_asset_is_conserved_and_whoever_never_owed_anything_has_everything(story):
    act = acts(story)["The option expires"]
    conservation = {asset["asset"]: asset for asset in act["conservation"]}
    assert len(conservation) == 10 and all(asset["holds"] for asset in conservation.values())
    assert all(int(asset["holder"]) == 0 for asset in conservation.values())
    commands = [step["command"] for step in act["steps"]]
    (withdrawn,) = (command for command in commands if command.startswith("zksettle withdraw"))
    # 5,000 paid in, 690 for the option, and 987.77 dUSDC for it, at the index of three months.
    assert withdrawn.startswith('zksettle withdraw "5,310.1')


def test_the_order_on_margin_survives_all_scenarios(story):
    (step,) = acts(story)["A shielded order"]["steps"]
    assert len(step["scenarios"]) == 32 and all(int(scenario["value"]) >= 0 for scenario in step["scenarios"])
    assert {abs(scenario["moves_bps"]["ETH"]) for scenario in step["scenarios"]} == {1980}
    assert not {"assets", "sell", "buy", "owner", "price"} & set(step["public"])


def test_a_top_up_cures_and_a_breach_is_seized(story):
    steps = acts(story)["A fall, a top-up, a second fall"]["steps"]
    first, second = (step for step in steps if step["command"].startswith("zksettle wallet health"))
    assert not first["can_trade"] and not first["is_breached"] and second["is_breached"]
    assert next(step for step in steps if "--top-up" in step["command"])["height"]
    assert [step["seized"] for step in steps if step["command"] == "zksettle guardian watch"] == [1]
    left = {symbol: int(amount) for symbol, amount in steps[-1]["left"].items() if amount != "0"}
    assert left.keys() == {"USDC"} and 2_213_000_000 < left["USDC"] < 2_214_000_000


def test_timings_and_sizes_are_told(story):
    measures = story["measures"]
    assert measures["bytes"]["proof"] == 256 and measures["machine"]["cpu"]
    assert {"Proving leg", "Proving margin", "The whole story"} <= set(measures["seconds"])


def test_the_story_is_kept_where_it_was_asked_for_and_nowhere_else(story, own, kept):
    assert {path.name for path in own.iterdir()} == {"keys"}
    shown = zksettle(kept, "ledger", "show", "--json")
    assert json.loads(shown.out)["size"] == 22
    with sqlite3.connect(kept / "pool" / "ledger.sqlite") as database:
        assert database.execute("SELECT count(*) FROM bundles").fetchone() == (18,)
    ran = zksettle(own, "demo", "--keep", kept)
    assert ran.code == 1 and "is there already" in ran.err


def test_a_pipe_gets_the_whole_story_in_plain_lines_of_bounded_width(told, kept):
    lines = [line for line in told[0].splitlines() if str(kept) not in line]
    assert max(map(len, lines)) <= 110 and "\x1b" not in told[0]
    for words in ("everybody sees", "guardians see", "Rejection 12 (UNBALANCED)", "Nothing was created or lost"):
        assert words in told[0]
