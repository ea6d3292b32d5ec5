"""A service cannot tell whose wallet it serves: wallets with different histories make the same requests, byte for byte.

What a home sends is its own: a bundle, an order, a withdrawal, and the same again after a lost answer.  That much the
service sees of who sends it, whatever is done; so it is left out here, and what is read before and after is not.
"""

import pytest

from prover.bench import syntheticledger
from prover.network.mirrors import mirror
from prover.network.mirrors.joined import JoinedLedger
from prover.network.mirrors.light import LightMirror
from prover.network.mirrors.mirror import Mirror
from prover.trader import addresses, owing, wallets, walletsync
from settlement import databases
from settlement.ledger import Ledger
from settlement.log import cosignature
from settlement.orders import board
from tests.prover.network import serving
from tests.prover.network.told import SECRETS, VALIDATORS
from tests.settlement import guarded
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof
from tests.settlement.orders import boards

NAMES = ("funded", "empty", "trading")


class Desk:
    """A home with one wallet at a service.  `asked` has its requests as they go over the wire, with their headers."""

    def __init__(self, folder, client, is_light):
        self.client, self.asked, self.wallet = client, [], wallets.new()
        client._http.event_hooks = {"request": [self._note]}
        folder.mkdir()
        place = folder / "ledger.sqlite"
        with mirror.begin(place, mirror.fetch_pool(client.get), client.get) as ledger:
            (LightMirror if is_light else Mirror)(ledger, folder, client.get).update(any_proof)
        repository = databases.open(place)
        self.ledger = JoinedLedger(repository, folder, client, lambda: NOW_MS, any_proof, is_light=is_light)

    def _note(self, request):
        self.asked.append((request.method, str(request.url), sorted(request.headers.items()), request.read()))

    def look(self):
        """What commands read: the wallet's accounts, what they need to be spent, and the whole board."""
        self.ledger.update()
        self.wallet = walletsync.sync(self.ledger, self.wallet).wallet
        for holding in self.wallet.live:
            self.ledger.reader.path(holding.position)
            self.ledger.reader.position_of(holding.commitment)
        owing.setting(self.ledger, NOW_MS)
        return board.listed(self.ledger, NOW_MS)

    def taken(self):
        """The requests since the last time."""
        asked, self.asked[:] = list(self.asked), []
        return asked


@pytest.fixture
def path(tmp_path):
    (tmp_path / "original").mkdir()
    return serving.ledger_at(tmp_path / "original", validators=VALIDATORS)


def paid(path, wallet=None, count=1):
    """Pays into accounts of this wallet, or of strangers."""
    with Ledger.open(path) as ledger:
        for _ in range(count):
            leaf = {}
            if wallet is not None:
                (gift,) = syntheticledger.sealed([syntheticledger.gift(addresses.of(wallet.seed, 0), 5)])
                leaf = {"commitment": gift.commitment, "ciphertexts": (gift.sealed,)}
            guarded.settle(ledger, samples.make(ledger, samples.change(USDC=5), [samples.flow(0, 5)], **leaf))


@pytest.mark.parametrize("is_light", [False, True])
def test_wallets_with_different_histories_make_the_same_requests(path, tmp_path, is_light):
    with serving.clients(path) as client:
        validators = client()

        def cosign():
            signed = validators.get("/checkpoint").decode()
            for name in "ab":
                signed = cosignature.cosign(signed, name, SECRETS[name], NOW_MS // 1000)
            validators.post("/cosignatures", signed.encode())

        paid(path, count=18)
        cosign()
        desks = {name: Desk(tmp_path / name, client(), is_light) for name in NAMES}
        try:
            funded, _, trading = desks.values()
            joining = [desk.taken() for desk in desks.values()]
            assert joining[0] == joining[1] == joining[2] and len(joining[0]) >= 5
            paid(path, funded.wallet, 3)
            paid(path, trading.wallet, 1)
            cosign()
            for _ in range(2):  # with something new to read, and without
                for desk in desks.values():
                    desk.look()
                looking = [desk.taken() for desk in desks.values()]
                assert looking[0] == looking[1] == looking[2] and looking[0]
            assert [len(desk.wallet.live) for desk in desks.values()] == [3, 0, 1]
            order = boards.place(trading.ledger, boards.make(trading.ledger).leg)
            sent = trading.taken()
            assert [asked[1] for asked in sent if asked[0] == "POST"] == ["http://ledger/orders"]
            assert [desk.look() for desk in desks.values()] == [[order]] * 3
            after = [desk.taken() for desk in desks.values()]
            assert after[0] == after[1] == after[2]
            own, others = set(), set()
            for requests, found in ((sent, own), (after[0], others)):
                found.update(asked[1] for asked in requests if asked[0] == "GET")
            assert own <= others, "what is read beside something sent is what everybody reads"
        finally:
            for desk in desks.values():
                desk.ledger.close()


def test_no_request_names_what_a_wallet_holds(path, tmp_path):
    """None of its positions, commitments, nullifiers or order ids stands in what a wallet with accounts asks for."""
    with serving.clients(path) as client:
        desk = Desk(tmp_path / "funded", client(), is_light=False)
        try:
            paid(path, desk.wallet, 3)
            desk.look()
            (secret,) = {holding.account.owner for holding in desk.wallet.live}
            names = {secret, *(n for each in desk.wallet.live for n in (each.commitment, each.nullifier))}
            asked = " ".join(url for _, url, _, _ in desk.taken())
            assert len(names) == 7 and not any(f"{name:064x}" in asked or str(name) in asked for name in names)
        finally:
            desk.ledger.close()
