"""What the benchmark of light copies writes is a sound ledger, and a light home has all of it.  No time is tested."""

from prover.bench import ledgersite, lightsync
from prover.machine import clock
from prover.machine.home import Home
from prover.network.mirrors import opening
from prover.operator import joining, operatorkey
from settlement.audit import audit
from settlement.ledger import Ledger
from settlement.log import checkpoint
from tests.prover.network import serving


def test_a_light_home_has_what_was_written_and_it_passes_the_audit(tmp_path):
    site, home = ledgersite.found(tmp_path / "site"), Home(tmp_path / "home")
    lightsync.fill(site, ledgersite.swaps_of(site, 3, margined=True))
    secret = operatorkey.read(site.operator.pool.operator)
    with serving.clients(site.operator.ledger, clock=clock.now_ms,
                         sign=lambda named: checkpoint.sign(named, secret)) as client:  # fmt: skip
        lightsync.cosign(site, client())
        joining.follow(home, client(), is_light=True)
    with Ledger.open(home.ledger, read_only=True) as copy, Ledger.open(site.operator.ledger, read_only=True) as ledger:
        assert copy.reader.last_event() == ledger.reader.last_event()
    assert opening.joined(home.pool).is_light
    assert audit.audit(home.ledger).proofs == 2 * (site.settled + 3) + 2 * 3
