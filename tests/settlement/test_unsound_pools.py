"""An unsound pool cannot be made: each part is refused by what is wrong with it."""

from dataclasses import replace

import pytest

from settlement.assets import NOTHING, Loan, Perpetual
from settlement.parameters import Fees
from tests.settlement import samples
from tests.settlement.poolchanges import asset, factors, guardians, of_ceremonies, option, parameters, risk
from zk.curves import babyjubjub
from zk.errors import FormatError

UNSOUND = [
    (lambda: {"name": ""}, "name"),
    (lambda: {"name": "a pool\x1b[2J"}, "cannot be printed"),
    (lambda: {"salt": b"short"}, "salt"),
    (lambda: {"operator": bytes(31)}, "operator's key must have 32 bytes"),
    (lambda: {"assets": samples.ASSETS[:15]}, "16 slots"),
    (lambda: asset(symbol="\x1b[2J"), r"asset '\\x1b\[2J': a symbol must be"),
    (lambda: asset(symbol="usdc"), "a symbol must be"),
    (lambda: asset(symbol="-"), "a symbol must be"),
    (lambda: asset(6, symbol="EMPTY"), "an unused slot has -"),
    (lambda: asset(symbol="BTC"), "same symbol"),
    (lambda: asset(symbol="DUSDC"), "same symbol"),
    (lambda: asset(kind="share"), "kind"),
    (lambda: asset(decimals=19), "decimals"),
    (lambda: asset(decimals=6.0), "decimals"),
    (lambda: asset(decimals=True), "decimals"),
    (lambda: asset(6, decimals=1), "decimals"),
    (lambda: asset(custodian=None), "a held asset has a custodian"),
    (lambda: asset(9, custodian=samples.CUSTODIAN), "and no other has"),
    (lambda: asset(custodian=(0, 1)), "the custodian's key of USDC is the identity"),
    (lambda: asset(custodian=(1, 1)), "the custodian's key of USDC is not on Baby Jubjub"),
    (lambda: asset(custodian=babyjubjub.GENERATOR), "the custodian's key of USDC is not in the subgroup"),
    (lambda: {"assets": (samples.ASSETS[1], samples.ASSETS[0], *samples.ASSETS[2:])}, "must be cash"),
    (lambda: {"assets": (*samples.ASSETS[:7], samples.ASSETS[9], *samples.ASSETS[8:])}, "same symbol"),
    (lambda: {"assets": (*samples.ASSETS[:7], samples.ASSETS[9], *samples.ASSETS[8:9], NOTHING, *samples.ASSETS[10:])},
     "slots 0 to 7 are for held assets"),
    (lambda: {"assets": (*samples.ASSETS[:12], samples.ASSETS[5], *samples.ASSETS[13:])}, "same symbol"),
    (lambda: {"assets": (*samples.ASSETS[:5], NOTHING, *samples.ASSETS[6:12], samples.ASSETS[5], *samples.ASSETS[13:])},
     "slots 0 to 7 are for held assets"),
    (lambda: asset(9, terms=None), "not those of its kind"),
    (lambda: asset(terms=Perpetual(1)), "not those of its kind"),
    (lambda: asset(9, terms=Loan(0)), "not those of its kind"),
    (lambda: asset(8, terms=Loan(1)), "of the numeraire"),
    (lambda: asset(9, kind="loan", terms=Loan(0), decimals=6), "one loan only"),
    (lambda: asset(9, terms=Perpetual(8)), "its underlying is not an integer from 0 to 7"),
    (lambda: asset(9, terms=Perpetual(6)), "its underlying is no held asset"),
    (lambda: asset(9, decimals=10), "decimals is not an integer from 0 to 9"),
    (lambda: asset(8, decimals=5), "decimals is not an integer from 6 to 6"),
    (lambda: option(strike=0), "strike"),
    (lambda: option(expiry_ms=0), "expiry"),
    (lambda: option(is_call=1), "is_call"),
    (lambda: risk(0, least_volatility_bps=-1), "least_volatility_bps"),
    (lambda: risk(0, own_move_bps=-1), "own_move_bps"),
    (lambda: risk(0, factor=16), "factor"),
    (lambda: risk(0, factor=4), "moved by another"),
    (lambda: risk(9, factor=1), "another factor moves it than its underlying"),
    (lambda: risk(6, own_move_bps=1), "an unused slot has no risk"),
    (lambda: factors(0, 1, 2, 3, 5), "5 risk factors, more than the 4"),
    (lambda: parameters(risk=samples.RISK[:15]), "16 entries of risk"),
    (lambda: parameters(version=2), "first parameters must be 1"),
    (lambda: parameters(version=0), "version"),
    (lambda: parameters(oracle_keys=()), "oracle keys"),
    (lambda: parameters(oracle_keys=(babyjubjub.BASE8,) * 2), "two oracles have the same key"),
    (lambda: parameters(oracle_keys=(babyjubjub.BASE8, babyjubjub.IDENTITY)), "an oracle's key is the identity"),
    (lambda: parameters(quorum=0), "quorum"),
    (lambda: parameters(quorum=4), "quorum"),
    (lambda: parameters(quorum=2), "two thirds"),
    (lambda: parameters(fees=Fees(-1, 0)), "fee of a leg"),
    (lambda: parameters(fees=Fees(0, 2**63)), "fee of an order"),
    (lambda: parameters(penalty_bps=10_001), "penalty_bps"),
    (lambda: parameters(grace_epochs=0), "grace_epochs"),
    (lambda: parameters(loan_rate_bps=-1), "loan_rate_bps"),
    (lambda: parameters(limits=replace(samples.LIMITS, grid_age_ms=0)), "age limit"),
    (lambda: parameters(limits=replace(samples.LIMITS, price_age_ms=10**13)), "age limit"),
    (lambda: parameters(board=replace(samples.BOARD, funds=(*[0] * 8, 1, *[0] * 7))), "only a held asset counts"),
    (lambda: guardians(number=0), "the number of the guardians' key"),
    (lambda: guardians(members=0), "the number of guardians"),
    (lambda: guardians(threshold=2), "threshold"),
    (lambda: guardians(stale_before=2), "stale_before"),
    (lambda: guardians(encryption_key=babyjubjub.IDENTITY), "encryption key is the identity"),
    (lambda: guardians(signing_key=babyjubjub.GENERATOR), "signing key is not in the subgroup"),
    (lambda: guardians(signing_key=samples.GUARDIANS.encryption_key), "the guardians' two keys are one"),
    (lambda: {"governance": replace(samples.GOVERNANCE, keys=())}, "governor keys"),
    (lambda: {"governance": replace(samples.GOVERNANCE, keys=samples.GOVERNANCE.keys[:1] * 2)}, "two governors have"),
    (lambda: {"governance": replace(samples.GOVERNANCE, quorum=4)}, "the quorum of the governors"),
    (lambda: {"governance": replace(samples.GOVERNANCE, delay_ms=-1)}, "the delay of a change"),
    (lambda: {"leg": samples.MARGIN_KEY}, "leg key is for margin"),
    (lambda: {"funds": samples.SEIZE_KEY}, "funds key is for seize"),
    (lambda: {"leg": replace(samples.LEG_KEY, verifying=samples.verifying_key(7, 100))}, "9 public inputs"),
    (lambda: {"margin": replace(samples.MARGIN_KEY, fingerprint="B" * 64)}, "64 hex digits"),
    (lambda: {"insecure_dev": False}, "the party that made them can forge proofs: the pool must say insecure_dev"),
    (lambda: {"insecure_dev": 1}, "true or false"),
    (lambda: {**of_ceremonies("d" * 64), "insecure_dev": True}, "says insecure_dev, but its keys come from a ceremony"),
    (lambda: {**of_ceremonies("d" * 64, "e" * 64), "insecure_dev": False}, "not come from one and the same ceremony"),
    (lambda: {**of_ceremonies("d" * 64, None), "insecure_dev": True}, "not come from one and the same ceremony"),
    (lambda: {**of_ceremonies("D" * 64), "insecure_dev": False}, "neither null nor 64 hex digits"),
    (lambda: {**of_ceremonies(""), "insecure_dev": False}, "neither null nor 64 hex digits"),
    (lambda: {**of_ceremonies(7), "insecure_dev": False}, "neither null nor 64 hex digits"),
]


@pytest.mark.parametrize("changes, complaint", UNSOUND)
def test_an_unsound_pool_is_refused_by_what_is_wrong(changes, complaint):
    with pytest.raises(FormatError, match=complaint):
        replace(samples.pool(), **changes())
