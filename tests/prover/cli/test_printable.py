"""Nothing that a stranger named moves the cursor of whoever looks at it."""

from types import SimpleNamespace

from circuits.statements import leg
from prover.cli.frame.command import App
from prover.cli.pool import pool_run
from prover.cli.trader import show
from settlement.bundles.bundle import Account, Flow
from tests.prover import pools

ESCAPES = "bank\x1b[2J\x9b1A"


def test_a_party_is_shown_without_control_characters_as_text_and_as_json():
    flow = Flow(0, 5, Account.OUTSIDE, ESCAPES.encode(), b"ref")
    posted = SimpleNamespace(public=leg.Public(*range(11)), margin=None, flows=(flow,), expiry_ms=0)
    assert show.public_leg_json(posted)["flows"][0]["party"].isprintable()
    assert show.flow_text(flow, pools.make()).isprintable()


def test_a_pools_name_is_shown_without_control_characters(capsys, tmp_path):
    named = pools.make()
    object.__setattr__(named, "name", ESCAPES)
    assert pool_run.document(named, named.parameters, tmp_path)["name"].isprintable()
    app = App()
    app.home_option = tmp_path
    pool_run.display(app, named)
    assert not {"\x1b", "\x9b"} & set(capsys.readouterr().out)
