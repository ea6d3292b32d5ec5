"""The loop of `zksettle validator run`: follow, check, cosign; and the service beside it."""

import sys
import threading
from contextlib import ExitStack

from prover.cli.frame.command import App
from prover.machine import clock
from prover.network.mirrors import finals, opening
from prover.network.mirrors.mirror import Mirror
from prover.network.mirrors.validating import Cosigned, Refusing, Validator
from prover.network.service import app as services
from prover.network.service import serving
from prover.network.wire.client import Client
from prover.network.wire.relay import Relay
from prover.operator.validatorkey import Own
from settlement.errors import Unavailable
from settlement.following import finality
from settlement.ledger import Ledger
from settlement.log.succession import Superseded
from settlement.pool import poolfile
from zk.errors import FormatError, InvalidProof

POLL_S = 0.2
RETRY_S = 2.0


def run(app: App, own: Own, url: str, once: bool, listen: str | None, *, is_public: bool) -> None:
    """Cosigns until Ctrl-C, or once; with `listen`, from a thread of its own, beside the service."""
    if listen is None:
        loop = _Loop(app, own, url, once=once, goes_on=False)
        try:
            loop.run()
        except KeyboardInterrupt:
            pass
        newest = loop.newest
        size = None if newest is None else newest.checkpoint.size
        app.screen.document({"cosigned": size, "root": None if newest is None else newest.checkpoint.root.hex()})
        return
    host, port = serving.address(listen, is_public=is_public)
    home, loop = app.home, _Loop(app, own, url, once=False, goes_on=True)
    with ExitStack() as resources:
        listener = resources.enter_context(serving.bound(host, port))
        shown = f"[{host}]" if ":" in host else host
        served_at = f"http://{shown}:{listener.getsockname()[1]}"
        service = services.create(
            lambda read_only: Ledger.open(home.ledger, read_only=read_only), None, clock.now_ms,
            folder=home.pool.path, elsewhere=lambda: opening.url(home.pool),
        )  # fmt: skip
        thread = threading.Thread(target=loop.run, name="validator")
        with Ledger.open(home.ledger, read_only=True) as ledger:
            ledger_id = poolfile.ledger_id(ledger.pool).hex()

        def ready() -> None:
            app.screen.say(f"What this validator has verified is served at {served_at}. Ctrl-C ends it.")
            app.screen.document({"running": True, "url": served_at, "ledger_id": ledger_id, "of": url})
            sys.stdout.flush()
            thread.start()

        try:
            serving.run(service, listener, ready)
        finally:
            loop.stopping.set()
            if thread.ident is not None:
                thread.join()


class _Loop:
    """Cosigns in one thread until `stopping` is set; `goes_on` when it refuses, for there is a service that says so."""

    def __init__(self, app: App, own: Own, url: str, *, once: bool, goes_on: bool):
        self._app, self._own, self._url, self._once, self._goes_on = app, own, url, once, goes_on
        self.newest: Cosigned | None = None
        self.stopping = threading.Event()
        self._said = ""

    def run(self) -> None:
        """Follows and cosigns."""
        home, own = self._app.home, self._own
        relay = Relay(self._url, Client, lambda url: opening.write(home.pool, url))
        with Ledger.open(home.ledger) as ledger:
            mirror = Mirror(ledger, home.pool.path, relay.get)
            secret, state = own.secret, home.validator_state
            validator = Validator(mirror, relay, own.validator.name, secret, clock.now_ms, state)
            is_known = False
            try:
                while not self.stopping.is_set():
                    pause_s = POLL_S
                    try:
                        if not is_known:
                            validator.check_own()
                            is_known = True
                        self._tell(validator.step())
                        if finality.size(ledger) < mirror.size:
                            finals.update(ledger, relay.get)
                        mirror.void.clear()  # what is void here stays in its file; who settled it sends it again
                        turned = _turn(ledger, relay)
                    except Unavailable as error:
                        if self._once:
                            raise
                        self._say(f"{error}; trying again.")
                        pause_s, turned = RETRY_S, False
                    except (Refusing, Superseded, InvalidProof, FormatError) as error:
                        turned = _turn(ledger, relay)
                        if not turned and not self._goes_on:
                            raise
                        if not turned:
                            self._say(f"{error}.")
                            pause_s = RETRY_S
                    if self._once and not turned:
                        return
                    self.stopping.wait(pause_s)
            finally:
                relay.close()

    def _tell(self, cosigned: Cosigned | None) -> None:
        if cosigned is None:
            return
        if self.newest is None or cosigned.checkpoint != self.newest.checkpoint:
            of = f"{cosigned.count} of {cosigned.quorum} that make it final" if cosigned.quorum else "nothing is final"
            self._app.screen.say(f"Verified and cosigned {cosigned.checkpoint.size} events ({of}).", "good")
            sys.stdout.flush()
        self.newest, self._said = cosigned, ""

    def _say(self, text: str) -> None:
        """Says it, unless it was said last."""
        if text != self._said:
            self._app.screen.say(text, "warn")
            sys.stdout.flush()
        self._said = text


def _turn(ledger: Ledger, relay: Relay) -> bool:
    """Turns to the service of the operator in force, if a succession says where that is and it is elsewhere."""
    successions = finality.operators(ledger).successions
    there = successions[-1].url if successions else None
    if there is None or there == relay.url:
        return False
    relay.turn_to(there)
    return True
