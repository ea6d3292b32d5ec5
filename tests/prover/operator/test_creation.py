"""Founding a pool is all or nothing, whenever it is killed; and it changes nothing that exists."""

import os

import pytest

from prover.machine import files
from prover.machine import home as homes
from prover.machine.home import Home
from prover.operator import creation
from tests.attacks.test_founding_destroys import NOW_MS, AnyKeys, check_works, found
from tests.prover import kills
from zk.errors import FormatError

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="the test forks")


def after_a_kill(home: Home) -> str:
    """Whether there is a "pool" or "none" in a home whose founding was killed.  It works, or a new founding makes one
    that does."""
    is_there = home.pool.exists()
    if not is_there:
        found(home)  # as whoever tries again
    check_works(home)
    assert not list(home.path.glob(".*")) or is_there
    return "pool" if is_there else "none"


@forks
def test_killed_at_any_step_it_leaves_a_whole_pool_or_none(tmp_path):
    home = Home(tmp_path / "home")
    home.path.mkdir()
    states, steps = kills.left(lambda: found(home), home.path, tmp_path / "states")
    outcomes = [after_a_kill(Home(state)) for state in states]
    assert steps > 60 and len(outcomes) > 15 and {"none", "pool"} == set(outcomes)
    assert outcomes == sorted(outcomes, key=["none", "pool"].index)


@forks
def test_killed_in_earnest_it_leaves_a_whole_pool_or_none(tmp_path):
    """At one step of many; the test above stops at all of them."""
    outcomes = []
    while not outcomes or outcomes[-1] != "lived":
        home = Home(tmp_path / f"home-{len(outcomes)}")
        home.path.mkdir()
        lived = kills.lives(lambda home=home: found(home), 25 * len(outcomes))
        outcomes.append("lived" if lived else after_a_kill(home))
    assert len(outcomes) > 3 and outcomes[0] == "none"


def test_what_is_in_the_place_of_a_pool_is_named_and_stays(tmp_path):
    for name, make in (("folder", lambda p: p.mkdir()), ("file", lambda p: p.touch()),
                       ("link", lambda p: p.symlink_to(tmp_path / "nowhere"))):  # fmt: skip
        home = Home(tmp_path / name)
        home.path.mkdir()
        make(home.pool.path)
        with pytest.raises(FormatError, match=rf"already, without a ledger.sqlite \(nothing in {home.pool.path}\)"):
            found(home)
        assert os.path.lexists(home.pool.path) and len(list(home.path.iterdir())) == 1


def test_a_second_founding_names_what_is_there_and_changes_nothing(tmp_path):
    home = Home(tmp_path)
    found(home)
    before = {path.name: path.read_bytes() for path in home.pool.path.iterdir()}
    with pytest.raises(FormatError, match=r"already \(governance.json, ledger.sqlite, .*oracles.json in "):
        found(home)
    assert before == {path.name: path.read_bytes() for path in home.pool.path.iterdir()}


def test_a_pool_of_an_earlier_version_is_not_founded_over(tmp_path):
    (tmp_path / "oracles.json").write_text("the keys of a pool")
    with pytest.raises(FormatError, match="the pool of an earlier version"):
        found(Home(tmp_path))
    assert (tmp_path / "oracles.json").read_text() == "the keys of a pool"


def test_the_home_is_busy_while_another_process_changes_it(tmp_path, monkeypatch):
    monkeypatch.setattr(homes, "LOCK_WAIT_S", 0.1)
    with homes.changing(Home(tmp_path)), pytest.raises(files.Busy, match="is in use by another process"):
        found(Home(tmp_path))


def test_the_folder_and_the_secrets_are_private(tmp_path):
    home = Home(tmp_path)
    found(home)
    assert home.pool.path.stat().st_mode & 0o777 == 0o700 and home.oracles.stat().st_mode & 0o777 == 0o600


def test_a_pool_is_marked_by_the_origin_of_its_keys(tmp_path):
    assert creation.create(Home(tmp_path), AnyKeys(), "a pool", NOW_MS).insecure_dev
