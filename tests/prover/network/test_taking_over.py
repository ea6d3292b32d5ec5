"""Another operator takes over: copies follow it, and what the old one settled since is void until it is sent again."""

import shutil

import pytest

from prover.network.mirrors import cutting, mirror
from prover.network.mirrors.joined import JoinedLedger
from prover.network.mirrors.mirror import Mirror
from prover.network.wire import receipts
from prover.network.wire.relay import Relay
from settlement import databases
from settlement.audit import audit
from settlement.errors import Unavailable
from settlement.following import finality
from settlement.following.finality import OtherHistory
from settlement.ledger import Ledger
from settlement.log import checkpoint
from settlement.log.succession import Superseded
from settlement.storage.sqlite import SqliteRepository
from tests.prover.network import serving
from tests.prover.network.test_finality import VALIDATORS, cosigned
from tests.prover.network.test_successions import OTHER, URL, proposed, signed
from tests.settlement import copies, guarded
from tests.settlement.audit import histories
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof
from zk.errors import FormatError, InvalidProof

OLD = "http://old"


@pytest.fixture(scope="module", autouse=True)
def remembered():
    with pytest.MonkeyPatch.context() as patch:
        histories.remember_publications(patch)
        yield


def deposit(ledger, amount=5):
    return samples.make(ledger, samples.change(USDC=amount), [samples.flow(0, amount)])


class Scene:
    """An operator's ledger of two bundles, and a successor's copy of it, which has signed number 1 after them."""

    def __init__(self, folder):
        for name in ("old", "new"):
            (folder / name).mkdir()
        self.folder, self.old = folder, serving.ledger_at(folder / "old", validators=VALIDATORS)
        with Ledger.open(self.old) as ledger:
            for amount in (5, 6):
                guarded.settle(ledger, deposit(ledger, amount))
        self.new = folder / "new" / self.old.name
        shutil.copytree(self.old.parent, self.new.parent, dirs_exist_ok=True)
        self.made = proposed(self.new)
        self.note = signed(self.made, "a", "b").decode()
        with Ledger.open(self.new) as ledger:
            ledger.witnessed.succeed(1, self.note)

    def go_on(self, path, *amounts):
        with Ledger.open(path) as ledger:
            return [guarded.settle(ledger, deposit(ledger, amount)) for amount in amounts]

    def home(self, service, name="home"):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        place = folder / "ledger.sqlite"
        if not place.exists():
            mirror.begin(place, mirror.fetch_pool(service.get), service.get).close()
        return JoinedLedger(SqliteRepository.open(place), folder, service, lambda: NOW_MS, any_proof)


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path)


@pytest.fixture
def services(scene):
    """Connects to the old and to the new operator's service by URL."""
    with serving.clients(scene.old) as old, serving.clients(scene.new, sign=by_other) as new:
        yield lambda url: {OLD: old, URL: new}[url]()  # a client of its own each time


def by_other(named):
    return checkpoint.sign(named, OTHER)


def test_a_cut_copy_is_the_copy_that_never_went_further(scene, where, tmp_path):
    scene.go_on(scene.old, 7, 8)
    databases.copy(scene.old, where)
    with Ledger.open(where) as ledger:
        orphan = finality.named(ledger, 5)
        for size in (2, 5):
            text = checkpoint.sign(finality.named(ledger, size), serving.SECRET)
            finality.keep(ledger, finality.read(ledger, cosigned(text, "a").decode(), NOW_MS))
        void = cutting.cut(ledger, tmp_path, 3)
        assert ledger.reader.last_event().height == 2
        assert {line.height for line in ledger.witnessed.lines()} == {1}
    databases.copy(where, tmp_path / "cut.sqlite")
    assert copies.rows(tmp_path / "cut.sqlite") == copies.rows(scene.new)
    scene.go_on(where, 9)
    assert audit.audit(where, any_proof).events == 4
    with Ledger.open(void.path, read_only=True) as kept:
        assert finality.named(kept, 5) == orphan


def test_copies_follow_the_new_operator_and_what_was_void_settles_once(scene, services):
    home = scene.home(Relay(OLD, services))
    bundles = [deposit(home, 7), deposit(home, 8)]
    for bundle in bundles:
        guarded.settle(home, bundle)
    assert home.reader.last_event().height == 4
    old = services(OLD)
    assert b"SUPERSEDED" not in old.post("/successions", scene.note.encode())
    home.update()
    assert home.resent == cutting.Resent(2, 0)
    with Ledger.open(scene.new, read_only=True) as new:
        assert new.reader.last_event() == home.reader.last_event() and home.reader.last_event().height == 4
    (void,) = home._mirror.folder.glob("void-3-*.sqlite")
    assert finality.operators(home).verify(home._mirror.kept()).size == 5
    home.update()
    assert home.reader.last_event().height == 4  # nothing twice
    guarded.settle(home, deposit(home, 9))  # by the new operator, whom nobody told this process of
    assert home.reader.last_event().height == 5
    home.close()
    assert audit.audit(void, any_proof).events == 5


def test_a_light_copy_learns_of_the_new_operator_before_it_is_shown_anything_final(scene, services):
    services(OLD).post("/successions", scene.note.encode())
    relay = Relay(OLD, services)
    place = scene.folder / "light.sqlite"
    mirror.begin(place, mirror.fetch_pool(relay.get), relay.get).close()
    home = JoinedLedger(SqliteRepository.open(place), scene.folder, relay, lambda: NOW_MS, any_proof, is_light=True)
    with pytest.raises(Unavailable, match="no checkpoint of the ledger is final yet"):
        home.update()
    assert relay.url == URL and finality.operators(home).number == 1
    text = services(URL).get("/checkpoint").decode()
    services(URL).post("/cosignatures", cosigned(text, "a", "b"))
    home.update()
    assert home.reader.last_event().height == 2
    home.close()


def test_a_copy_counts_the_cosignatures_itself(scene, services):
    home = scene.home(services(OLD))
    home.update()
    assert finality.size(home) == 0
    text = services(OLD).get("/checkpoint").decode()
    honest = cosigned(text, "a", "b").decode()
    services(OLD).post("/cosignatures", honest.encode())
    home.update()
    assert (finality.size(home), finality.newest(home).names) == (3, ("a", "b"))
    home.close()
    other, get = scene.home(services(OLD), "other"), services(OLD).get
    for lie in (cosigned(text, "a"), text.encode(), b"\xff", b"x"):
        other._service.get = lambda path, lie=lie: lie if path == "/checkpoint/final" else get(path)
        try:
            other.update()
        except (FormatError, InvalidProof):
            pass
        assert finality.size(other) == 0
    other.close()


def test_an_old_operator_that_goes_on_is_refused_by_whoever_knows(scene, services):
    home = scene.home(services(URL))
    home.update()
    assert finality.operators(home).number == 1
    scene.go_on(scene.old, 7)
    lying = Mirror(Ledger(home._repository), home._mirror.folder, services(OLD).get)
    with pytest.raises(Superseded, match="replaced after 3 events"):
        lying.update(any_proof)
    assert home.reader.last_event().height == 2
    home.close()


def test_who_is_far_behind_learns_of_the_succession_as_it_joins(scene, services):
    scene.go_on(scene.new, 7)
    home = scene.home(services(OLD))  # of its first event only
    home._service = services(URL)
    home._mirror = Mirror(Ledger(home._repository), home._mirror.folder, home._service.get)
    home.update()
    assert (home.reader.last_event().height, finality.operators(home).number) == (3, 1)
    home.close()


@pytest.mark.parametrize("names", [("a",), ("c",)])
def test_a_minority_names_no_operator(scene, services, names):
    scene.go_on(scene.new, 7)
    with Ledger.open(scene.new) as ledger:
        ledger.witnessed._connection.execute(
            "UPDATE successions SET note = ?", (signed(scene.made, *names),)
        )  # a service that lies
    home = scene.home(services(OLD))
    home.update()
    for size in (1, 3):
        behind = scene.home(services(OLD), f"other{size}") if size == 1 else home
        behind._mirror = Mirror(Ledger(behind._repository), behind._mirror.folder, services(URL).get)
        with pytest.raises(InvalidProof, match="signed by 1 of the pool's validators, and takes 2"):
            behind.update()
        assert finality.operators(behind).number == 0 and behind.reader.last_event().height == size - 1
        behind.close()


def test_a_succession_of_a_history_that_is_not_this_copys_changes_nothing(scene, services, tmp_path):
    shutil.rmtree(scene.new.parent)
    scene.new.parent.mkdir()
    serving.ledger_at(scene.new.parent, validators=VALIDATORS)
    scene.go_on(scene.new, 1, 2)
    with Ledger.open(scene.new) as ledger:
        ledger.witnessed.succeed(1, signed(proposed(scene.new), "a", "b").decode())
    home = scene.home(services(OLD))
    home.update()
    home._mirror = Mirror(Ledger(home._repository), home._mirror.folder, services(URL).get)
    with pytest.raises(OtherHistory, match="join again"):
        home.update()
    assert home.reader.last_event().height == 2 and finality.operators(home).number == 0
    home.close()


def test_a_service_that_shows_nonsense_for_successions_is_refused(scene, services):
    home = scene.home(services(OLD))
    honest = home._service.get
    for said in (b"", b"[]", b'{"successions": 1}', b'{"successions": [1]}', b'{"successions": ["x"]}'):
        home._mirror = Mirror(
            Ledger(home._repository), home._mirror.folder,
            lambda path, said=said: said if path == "/successions" else honest(path),
        )  # fmt: skip
        with pytest.raises(FormatError):
            home.update()
    home.close()


def test_receipts_of_both_operators_verify(scene, services):
    with Ledger.open(scene.new, read_only=True) as ledger:
        operators, (_, event, *_) = finality.operators(ledger), ledger.reader.events(0)
        for sign in (by_other, lambda named: checkpoint.sign(named, serving.SECRET)):
            note = receipts.make(ledger, event.body[:32], sign).proof.partition("\n\n")[2]
            assert operators.verify(note).size == 2
