"""What anybody may read: the pool, checkpoints, grids, and a log whose files lead to the checkpoint's root."""

import asyncio
import base64
import hashlib
import threading
from dataclasses import replace

import pytest

from prover.bench import lightsync
from prover.network.service import readers, reads
from prover.network.service.tilecache import TileCache
from settlement import engine, events, merkle
from settlement.bundles import encoding
from settlement.errors import Unavailable
from settlement.following import following, lightfollowing
from settlement.ledger import Ledger
from settlement.log import checkpoint, tiles, tree
from settlement.pool import poolfile
from settlement.risk import grids
from tests.patience import PATIENCE_S
from tests.prover.network import serving
from tests.settlement.bundles import samples

KEY = checkpoint.key(samples.pool())
EVENTS = 40


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A ledger with grids, then bundles, then grids again."""
    made = serving.ledger_at(tmp_path_factory.mktemp("ledger"))
    with Ledger.open(made) as ledger:
        samples.publish(ledger)
        for amount in range(1, EVENTS - 2):
            bundle = encoding.encode_bundle(samples.deposit(ledger, amount))
            engine.submit(ledger, bundle, samples.NOW_MS, samples.any_proof)
        samples.publish(ledger, samples.NOW_MS + 1000)
    return made


def get(path, *routes, **headers):
    async def questions(client):
        return [await client.get(route, headers=headers) for route in routes]

    return serving.asked(path, questions)


def test_the_pool_is_served_as_the_bytes_that_the_ledgers_id_is_of(path):
    (answer,) = get(path, "/pool")
    assert poolfile.decode(answer.content) == samples.pool()


def test_a_checkpoint_is_signed_by_the_operator_and_of_the_whole_log(path):
    (answer,) = get(path, "/checkpoint")
    with Ledger.open(path, read_only=True) as ledger:
        last = ledger.reader.last_event()
    named = checkpoint.verify(answer.text, KEY)
    assert (named.size, named.root) == (last.height + 1, last.digest) and named.size == EVENTS
    assert answer.headers["cache-control"] == "no-cache"


def test_commitments_have_the_root_that_the_newest_bundle_names_and_every_path(tmp_path):
    """From three files, of which two are whole and never change, anybody has the path of any account."""
    made = serving.ledger_at(tmp_path)
    with Ledger.open(made) as ledger:
        one = samples.bind(ledger.ledger_id, samples.make(ledger))
        fresh = [replace(one.legs[0].public, nullifier=n, commitment=n) for n in range(1, 521)]
        legs = [replace(one.legs[0], public=public) for public in fresh]
        bundles = [replace(one, legs=tuple(legs[start : start + 20])) for start in range(0, len(legs), 20)]
        received = lightsync.received(ledger, [encoding.encode_bundle(bundle) for bundle in bundles])
        lightfollowing.follow(ledger, list(received))  # which looks at no signature
        leaf = ledger.reader.last_event().leaf
        paths = {position: ledger.reader.path(position) for position in (0, 255, 256, 519)}
    names = ["/tile/commitments/000", "/tile/commitments/001", "/tile/commitments/002.p/8"]
    answers = get(made, *names, "/tile/commitments/002.p/9", "/tile/commitments/003.p/1", "/tile/commitments/002")
    assert [answer.status_code for answer in answers] == [200, 200, 200, 404, 404, 404]
    data = b"".join(answer.content for answer in answers[:3])
    leaves = [int.from_bytes(data[start : start + 32], "big") for start in range(0, len(data), 32)]
    extended = merkle.extend(lambda level, index: None, 0, [leaves])
    assert leaf.endswith(extended.roots[-1].to_bytes(32, "big") + (520).to_bytes(8, "big"))
    assert {p: merkle.path(lambda *at: extended.nodes.get(at), p) for p in paths} == paths
    assert "immutable" in answers[0].headers["cache-control"]
    (again,) = get(made, names[0], **{"If-None-Match": answers[0].headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it stands there."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def test_entries_hash_to_the_checkpoint_and_name_what_was_sent_for_them(path):
    note, *files = get(path, "/checkpoint", f"/tile/entries/000.p/{EVENTS}", f"/tile/0/000.p/{EVENTS}",
                       "/tile/data/000", "/tile/data/001", f"/tile/data/002.p/{EVENTS - 32}")  # fmt: skip
    root = base64.b64decode(note.text.split("\n")[2])
    entries, hashes, *data = (answer.content for answer in files)
    leaves = tiles.split(tiles.Tile(tiles.ENTRIES, 0, EVENTS), entries)
    assert mth(leaves) == root
    assert hashes == b"".join(map(tree.leaf_hash, leaves))
    sent = [thing for index, width in enumerate((16, 16, EVENTS - 32))
            for thing in tiles.split(tiles.Tile(tiles.DATA, index, width), data[index])]  # fmt: skip
    for leaf, thing in zip(leaves[1:], sent[1:], strict=True):
        event = events.read(leaf)
        digest = hashlib.sha256(thing).digest()
        assert event.body[32:64] == digest if event.kind == events.BUNDLE else event.body.endswith(digest)
    assert sent[0] == b"" and {events.read(leaf).kind for leaf in leaves} == {"genesis", "bundle", "grids"}


@pytest.mark.parametrize(
    "route",
    ["/tile/0/000", f"/tile/0/000.p/{EVENTS + 1}", "/tile/entries/001", "/tile/1/000.p/1", "/tile/data/003",
     "/tile/0/0", "/tile/0/x000/000", "/tile/9/000", "/tile/0/000.p/0", "/tile/0/000.p/256"],
)  # fmt: skip
def test_a_file_that_the_log_does_not_have_yet_is_not_served(path, route):
    assert get(path, route)[0].status_code == 404


def test_what_never_changes_may_be_kept_and_is_not_sent_twice(path):
    whole, partial, pool = get(path, "/tile/data/000", "/tile/entries/000.p/3", "/pool")
    for answer, route in ((whole, "/tile/data/000"), (partial, "/tile/entries/000.p/3"), (pool, "/pool")):
        assert answer.headers["cache-control"] == reads.FOR_EVER
        (again,) = get(path, route, **{"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert get(path, route, **{"If-None-Match": '"other"'})[0].status_code == 200


def test_grids_are_served_by_epoch(path):
    one, two, *missing = get(path, "/grids/1", "/grids/2", "/grids/3", "/grids/0", "/grids/01", "/grids/-1", "/grids/x",
                             f"/grids/{10**30}")  # fmt: skip
    assert [grids.decode(answer.content).epoch for answer in (one, two)] == [1, 2]
    assert {answer.status_code for answer in missing} == {404}


def test_those_who_ask_the_same_before_anybody_began_share_an_answer_and_later_ones_get_a_new_one(path):
    asked, may_go = [], threading.Event()

    def question(ledger):
        may_go.wait(PATIENCE_S)
        asked.append(ledger)
        return len(asked)

    async def run():
        pool = readers.Readers(lambda read_only: Ledger.open(path, read_only=read_only), threads=1)
        first = [asyncio.create_task(pool.run(question))]  # holds the only thread
        first += [asyncio.create_task(pool.shared("one", question)) for _ in range(5)]
        await asyncio.sleep(0.05)
        may_go.set()
        answers = [await each for each in first]
        answers += [await pool.shared("one", question), await pool.shared("other", question)]
        await asyncio.to_thread(pool.close)
        return answers

    assert asyncio.run(run()) == [1, 2, 2, 2, 2, 2, 3, 4]


def test_a_shared_question_that_failed_before_it_began_is_asked_again(path):
    opened = []

    def opens(read_only):
        opened.append(read_only)
        if len(opened) == 1:
            raise Unavailable("not yet")
        return Ledger.open(path, read_only=read_only)

    async def run():
        pool = readers.Readers(opens, threads=1)
        with pytest.raises(Unavailable):
            await pool.shared("one", lambda ledger: 1)
        answer = await pool.shared("one", lambda ledger: 2)
        await asyncio.to_thread(pool.close)
        return answer

    assert asyncio.run(run()) == 2


def test_a_file_of_the_log_is_read_once_however_many_ask(path, monkeypatch):
    read, tile = [], following.tile
    monkeypatch.setattr(following, "tile", lambda reader, named: read.append(named.path) or tile(reader, named))
    first, again, other, missing, once_more = get(
        path, "/tile/data/000", "/tile/data/000", "/tile/data/001", "/tile/data/099", "/tile/data/099"
    )
    assert (first.content, first.headers["etag"]) == (again.content, again.headers["etag"])
    assert first.content != other.content and first.headers["etag"] != other.headers["etag"]
    assert missing.status_code == once_more.status_code == 404
    assert read == ["tile/data/000", "tile/data/001", "tile/data/099", "tile/data/099"]


def test_files_that_were_not_asked_for_longest_make_room():
    first, second, third = (tiles.Tile(tiles.DATA, index, 16) for index in range(3))
    cache = TileCache(most=10)
    for tile in (first, second):
        cache.put(tile, (bytes(5), "etag"))
        cache.put(tile, (b"again", "other"))
    assert cache.get(first) == (bytes(5), "etag")
    cache.put(third, (bytes(4), "etag"))
    assert cache.get(second) is None and cache.get(first) is not None and cache.get(third) is not None
    cache.put(second, (bytes(11), "etag"))
    assert cache.get(second) is None and cache.get(first) is not None
