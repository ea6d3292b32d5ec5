"""What a service tells of a ledger whose pool has validators: honestly, or with any lie that a test puts into it."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from settlement.ledger import Ledger
from settlement.log import checkpoint, cosignature, tiles, tree
from settlement.log.checkpoint import Checkpoint
from settlement.log.tiles import DATA, ENTRIES
from settlement.pool import poolfile
from settlement.pool.validators import Validator, Validators
from tests.prover.network.serving import SECRET
from tests.settlement import copies
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS

NAMES = "abc"
SECRETS = {name: Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)) for n, name in enumerate([*NAMES, "new"], 1)}
VALIDATORS = Validators(tuple(Validator(n, SECRETS[n].public_key().public_bytes_raw()) for n in NAMES), quorum=2)
POOL = samples.pool(validators=VALIDATORS)


class Told:
    """What a service says of a ledger's log: `leaves` and `sent` may be changed, and `answers` replaces an answer.

    The checkpoint that it calls final is of `size` events, and cosigned by `cosigners`.
    """

    def __init__(self, ledger: Ledger):
        received = copies.received(ledger)
        self.pool = ledger.reader.pool()
        self.leaves = [ledger.reader.event(0).leaf, *(one.leaf for one in received)]
        self.sent = [b"", *(one.sent for one in received)]
        self.size, self.secret, self.cosigners = len(self.leaves), SECRET, "ab"
        self.asked: list[str] = []
        self.answers: dict[str, bytes] = {}

    def __call__(self, path):
        self.asked.append(path)
        return self.answers[path] if path in self.answers else self.honest(path)

    def honest(self, path):
        if path == "/successions":
            return b'{"successions": []}'
        if path == "/pool":
            return self.pool
        if path.startswith("/checkpoint"):
            return self.signed(self.size if path.endswith("final") else len(self.leaves)).encode()
        tile = tiles.parse(path.removeprefix("/"))
        things = (self.leaves if tile.row == ENTRIES else self.sent)[tile.first : tile.first + tile.width]
        if tile.row in (ENTRIES, DATA):
            return tiles.join(tile.row, things)
        read = self.log(len(self.leaves))
        return b"".join(read(tiles.level(tile), tile.first + place) for place in range(tile.width))

    def log(self, size):
        nodes: tree.Nodes = {}
        growing = tree.Growing(lambda *_: b"", 0)
        for leaf in self.leaves[:size]:
            nodes |= growing.append(tree.leaf_hash(leaf))
        return lambda level, index: nodes[level, index]

    def signed(self, size):
        origin = checkpoint.origin(poolfile.ledger_id(poolfile.decode(self.pool)))
        text = checkpoint.sign(Checkpoint(origin, size, tree.root(self.log(size), size)), self.secret)
        for name in self.cosigners:
            text = cosignature.cosign(text, name, SECRETS[name], NOW_MS // 1000)
        return text
