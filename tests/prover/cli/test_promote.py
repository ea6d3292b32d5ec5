"""`zksettle ledger promote`: a standby takes over by the validators' signatures, and the old operator gives way."""

import json
import shutil
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prover.machine import secretfile
from prover.machine.home import Home
from prover.network.mirrors import duty, opening
from prover.network.mirrors.cutting import Resent
from prover.operator import joining, operatorkey, promoting, validatorkey
from settlement.audit import audit
from settlement.checks import checks
from settlement.following import finality
from settlement.ledger import Ledger
from settlement.log import checkpoint, succession
from settlement.pool.validators import Validators
from tests.prover.cli.run import refused, zksettle
from tests.prover.network import serving
from tests.settlement import guarded
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof
from zk.errors import FormatError

URL = "http://standby.example"


def deposit(home, amount):
    with Ledger.open(home.ledger) as ledger:
        guarded.settle(ledger, samples.make(ledger, samples.change(USDC=amount), [samples.flow(0, amount)]))


@pytest.fixture
def homes(tmp_path):
    """The operator's home, and those of three validators with copies of its ledger of three events."""
    made = {name: Home(tmp_path / name) for name in ("operator", "v0", "v1", "v2")}
    owns = []
    for name in ("v0", "v1", "v2"):
        made[name].pool.path.mkdir(parents=True)
        owns.append(validatorkey.create(made[name].validator, name))
        duty.begin(made[name].validator_state)
    validators = Validators(tuple(own.validator for own in owns), 2)
    operator = made["operator"]
    operator.pool.path.mkdir(parents=True)
    Ledger.create(operator.ledger, samples.pool(validators=validators), NOW_MS).close()
    secret = operatorkey._OperatorFile(operatorkey.FORMAT, operatorkey.VERSION, samples.OPERATOR_SECRET)
    secretfile.create(operator.pool.operator, secret, operatorkey.WHAT)
    for amount in (5, 6):
        deposit(operator, amount)
    for name in ("v0", "v1", "v2"):
        copy(operator, made[name])
    return made


def copy(source, home):
    for path in source.pool.path.glob("ledger.sqlite*"):
        shutil.copy(path, home.pool.path)
    opening.write(home.pool, "http://127.0.0.1:1")


def said(home, *words):
    ran = zksettle(home.path, "--json", *words)
    assert ran.code == 0, ran
    return json.loads(ran.out)


def proposed(homes, tmp_path, *options):
    file = tmp_path / "proposal.txt"
    file.unlink(missing_ok=True)
    said(homes["v0"], "ledger", "promote", "propose", "--url", URL, "-o", file, *options)
    return file


def signed(homes, tmp_path, file, *names):
    notes = []
    for name in names:
        notes.append(tmp_path / f"{name}-{len(list(tmp_path.glob('*.note')))}.note")
        said(homes[name], "ledger", "promote", "sign", file, "-o", notes[-1])
    return notes


def test_a_standby_takes_over_and_settles_under_its_own_key(homes, tmp_path):
    file = proposed(homes, tmp_path)
    notes = signed(homes, tmp_path, file, "v0", "v2")
    finish = "ledger", "promote", "finish"
    refused(zksettle(homes["v0"].path, *finish, notes[0]), 1, "signed by 1 of the pool's validators, and takes 2")
    refused(zksettle(homes["v1"].path, *finish, *notes), 3, "names another key than this home's")
    done = said(homes["v0"], *finish, *notes)
    assert (done["number"], done["size"], done["settled_again"]) == (1, 3, 0)
    assert said(homes["v0"], *finish, *notes)["size"] == 3  # once more changes nothing
    deposit(homes["v0"], 7)
    newest = said(homes["v0"], "ledger", "checkpoint")
    with Ledger.open(homes["v0"].ledger, read_only=True) as ledger:
        assert finality.operators(ledger).verify(newest["checkpoint"]).size == 4
        assert checkpoint.origin(ledger.ledger_id) == newest["log"]
    assert audit.audit(homes["v0"].ledger, any_proof).events == 4


def test_what_the_copy_has_beyond_the_succession_is_settled_again_under_the_new_key(homes, tmp_path):
    file = proposed(homes, tmp_path, "--size", 3)
    deposit(homes["operator"], 8)
    copy(homes["operator"], homes["v0"])
    notes = signed(homes, tmp_path, file, "v1", "v2")
    texts = [note.read_text() for note in notes]
    done, _ = promoting.finish(homes["v0"], texts, NOW_MS, any_proof)
    assert done.resent == Resent(settled=1, refused=0)
    with Ledger.open(homes["v0"].ledger, read_only=True) as ledger:
        assert ledger.reader.last_event().height == 3
    (void,) = homes["v0"].pool.path.glob("void-3-*.sqlite")
    with Ledger.open(void, read_only=True) as kept:
        assert kept.reader.last_event().height == 3


def test_a_validator_signs_no_succession_that_contradicts_what_it_signed(homes, tmp_path):
    file = proposed(homes, tmp_path)
    with Ledger.open(homes["v1"].ledger, read_only=True) as ledger:
        named, ledger_id = finality.named(ledger, 3), ledger.ledger_id
    larger = duty.Promise(ledger_id, 0, 4, bytes(32), bytes(32))
    duty.recover(homes["v1"].validator_state, larger)
    sign = "ledger", "promote", "sign", file
    refused(zksettle(homes["v1"].path, *sign), 1, "has cosigned 4 events, which the succession would make void")
    homes["v2"].validator_state.unlink()
    refused(zksettle(homes["v2"].path, *sign), 3, "validator recover")
    assert said(homes["v2"], "validator", "recover", "--never")["size"] == 0
    signed(homes, tmp_path, file, "v2")
    other = tmp_path / "other.txt"
    key = replace(named_key(file, named.origin), public=Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    other.write_text(file.read_text().replace(str(named_key(file, named.origin)), str(key)))
    refused(zksettle(homes["v2"].path, "ledger", "promote", "sign", other), 1, "number 1 is taken here: propose 2")
    refused(zksettle(homes["operator"].path, *sign), 3, "no validator's key here")
    assert proposed(homes, tmp_path, "--number", 2).read_text().split("\n")[2] == "number 2"


def named_key(file, origin):
    return succession.read(file.read_text(), origin).key


def test_the_old_operators_home_settles_nothing_more_and_becomes_a_copy_when_it_joins(homes, tmp_path):
    file = proposed(homes, tmp_path)
    deposit(homes["operator"], 9)
    notes = signed(homes, tmp_path, file, "v0", "v1")
    merged = said(homes["v0"], "ledger", "promote", "finish", *notes)["succession"]
    operator = homes["operator"]
    with Ledger.open(operator.ledger) as ledger:
        ledger.witnessed.succeed(1, merged)  # as its service learns it
    for words in (("ledger", "serve", "--listen", "127.0.0.1:0"), ("ledger", "checkpoint")):
        refused(zksettle(operator.path, *words), 3, "replaced this ledger's operator after 3 events", URL)
    refused(zksettle(operator.path, "oracle", "publish"), 3, "replaced this ledger's operator after 3 events")
    assert zksettle(operator.path, "ledger", "show").code == 0  # to read is no harm


def test_who_has_no_full_copy_of_somebody_elses_ledger_proposes_nothing(homes, tmp_path):
    refused(zksettle(homes["operator"].path, "ledger", "promote", "propose"), 3, "full copy of somebody else's ledger")
    opening.write(homes["v1"].pool, "http://127.0.0.1:1", is_light=True)
    refused(zksettle(homes["v1"].path, "ledger", "promote", "propose"), 3, "full copy of somebody else's ledger")
    refused(zksettle(homes["v0"].path, "ledger", "promote", "propose", "--size", 9), 3, "no checkpoint of 9 events")
    refused(zksettle(homes["v0"].path, "ledger", "promote", "propose", "--url", "nowhere"), 3, "not the URL")


def test_a_home_that_has_joined_asks_another_service_from_now_on_and_the_old_operators_becomes_a_copy(homes, tmp_path):
    file = proposed(homes, tmp_path)
    said(homes["v0"], "ledger", "promote", "finish", *signed(homes, tmp_path, file, "v0", "v1"))
    deposit(homes["operator"], 9)  # the old operator goes on, and knows of nothing
    secret = operatorkey.read(homes["v0"].pool.operator)
    options = {"sign": lambda named: checkpoint.sign(named, secret), "verify_proofs": checks.verify_proofs}
    with serving.clients(homes["v0"].ledger, **options) as client:  # which refuses the samples' proofs when they come
        connected = client()
        for name in ("v2", "operator"):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("prover.network.wire.client.Client", lambda url: client())
                connected.url = "http://ledger"
                joining.rejoin(homes[name], connected, lambda: NOW_MS)
            assert opening.url(homes[name].pool) in (URL, "http://ledger")
            with Ledger.open(homes[name].ledger, read_only=True) as ledger:
                assert ledger.reader.last_event().height == 2 and finality.operators(ledger).number == 1
        assert len(list(homes["operator"].pool.path.glob("void-3-*.sqlite"))) == 1
    with serving.clients(homes["v1"].ledger) as client:  # of a service that names no other operator
        homes["v1"].pool.joined.unlink()
        with pytest.raises(FormatError, match="its ledger is here"):
            joining.rejoin(homes["v1"], client(), lambda: NOW_MS)
