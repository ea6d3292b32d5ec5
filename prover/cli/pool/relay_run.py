"""Runs `zksettle relay serve`."""

import signal
import sys
import threading

from prometheus_client import start_http_server

from prover.carriers import carrierfile
from prover.carriers.carrierfile import Named
from prover.carriers.gossip import Gossip, Meters
from prover.carriers.nostr import NostrCarrier
from prover.carriers.nostrrelay import Relay
from prover.cli.frame import watching
from prover.cli.frame.command import App
from prover.machine import clock
from prover.network.service import serving
from prover.trader import sessions
from prover.upkeep import warmup
from zk.errors import FormatError

FOLDER = "relay"
_WAIT_S = 0.5


def serve(app: App, listen: str, is_public: bool, peers: tuple[str, ...], metrics: str | None) -> None:
    """Runs a relay of the home's ledger, and exchanges everything with the peers, until a signal ends it."""
    host, port = serving.address(listen, is_public=is_public)
    shown = None if metrics is None else serving.address(metrics, is_public=is_public)
    named = tuple(carrierfile.check(_peer(url)) for url in peers)
    home = app.home
    sessions.open_ledger(home).close()  # what is wrong with it is said before anything starts
    with watching.show_progress(app):
        warmup.load_checking()
    meters = Meters()
    relay = Relay(host, port, home.path / FOLDER, lambda: sessions.open_ledger(home), clock.now_ms, meters=meters)
    gossip = None
    try:
        if shown is not None:
            start_http_server(shown[1], shown[0], meters.registry)
        if named:
            centre = NostrCarrier([relay.url], relay.ledger_id, clock.now_ms)
            others = [carrierfile.opened((each,), relay.ledger_id, clock.now_ms)[0] for each in named]
            gossip = Gossip(centre, others, clock.now_ms, meters)
        app.screen.say(f"The relay is at {relay.url}. Ctrl-C ends it.")
        app.screen.fields([
            ("ledger id", relay.ledger_id.hex()), ("peers", ", ".join(each.url for each in named) or "none"),
            ("to use it", f"zksettle carrier add nostr {relay.url}"),
        ])  # fmt: skip
        app.screen.document({"running": True, "url": relay.url, "ledger_id": relay.ledger_id.hex(), "peers": peers})
        sys.stdout.flush()
        _wait()
    finally:
        if gossip is not None:
            gossip.close()
        relay.close()
    app.screen.say("The relay has ended.")


def _peer(url: str) -> Named:
    if url.startswith(("ws://", "wss://")):
        return Named("nostr", url, None)
    if url.startswith(("http://", "https://")):
        return Named("mailbox", url, None)
    raise FormatError(f"{url!r:.80} is neither the URL of a relay (ws://…) nor of a ledger's service (http://…)")


def _wait() -> None:
    """Waits for Ctrl-C or SIGTERM."""
    is_over = threading.Event()
    before = {number: signal.signal(number, lambda *_: is_over.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        while not is_over.wait(_WAIT_S):
            pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
