"""Where the sides of `zksettle bench desk` meet: a ledger's service and a relay as processes, or a carrier in memory.

    memory      threads of one process, each with the open ledger of one home
    mailbox     `zksettle ledger serve`, and a home for each desk that has joined it
    nostr       the same, and `zksettle relay serve`, over which all orders and letters go
"""

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from prover.bench import deskside, ledgersite, talk
from prover.bench.deskside import MEMORY, named
from prover.bench.liveorders import LiveOrders
from prover.bench.talk import Document, Side, Talk
from prover.carriers import carrierfile
from prover.carriers.carrier import Carrier
from prover.carriers.carrierfile import Named
from prover.carriers.checker import Checker
from prover.carriers.memory import Hub
from prover.machine import clock, files
from prover.machine.home import Home
from prover.network.wire import postings
from prover.network.wire.client import Client
from prover.operator import joining
from settlement.ids import LedgerId
from settlement.ledger import Ledger
from settlement.orders.posting import Posting

CARRIERS = (MEMORY, carrierfile.MAILBOX, carrierfile.NOSTR)


@dataclass
class Place:
    """One carrier, with everything that stands behind it.  `operator` is the home whose prices are published."""

    carrier: str
    folder: Path
    operator: Home
    ledger_id: LedgerId
    url: str = ""
    hub: Hub | None = None
    template: Home | None = None
    _count: int = 0

    def side(self, role: str, **asked: object) -> AbstractContextManager[Side]:
        """Begins a side, with a home of its own where the ledger is elsewhere."""
        self._count += 1
        name = f"{role} {self._count}"
        document: Document = {"role": role, "carrier": self.carrier, "url": self.url, **asked}
        if self.hub is None:
            return talk.process(name, self.folder, {**document, "home": str(self._home(name).path)})
        return talk.thread(name, self._run, {**document, "home": str(self.operator.path)})

    def carriers(self) -> list[Carrier]:
        """A carrier of the caller's own."""
        if self.hub is not None:
            return [self.hub.carrier("bench")]
        return carrierfile.opened([named(self.carrier, self.url)], self.ledger_id, clock.now_ms)

    def _home(self, name: str) -> Home:
        assert self.template is not None, "who is elsewhere has joined"
        made = Home(self.folder / name.replace(" ", "-"))
        shutil.copytree(self.template.path, made.path, symlinks=True)
        return made

    def _run(self, asked: Document, told: Talk) -> None:
        hub = self.hub
        assert hub is not None, "threads share a hub"
        deskside.ROLES[asked["role"]](asked, lambda _: [hub.carrier(asked["role"])], told)


@contextmanager
def opened(carrier: str, live: LiveOrders, folder: Path) -> Iterator[Place]:
    """The place of a carrier in a folder of its own; every process ends with it."""
    files.make_folder(folder)
    operator = live.copied(folder / "operator")
    with Ledger.open(operator.ledger, read_only=True) as ledger:
        ledger_id = ledger.ledger_id
    with ExitStack() as resources:
        if carrier == MEMORY:
            checker = Checker(lambda: Ledger.open(operator.ledger, read_only=True), clock.now_ms)
            resources.callback(checker.close)

            def check(posting: Posting) -> None:
                checker.order(postings.encode(posting)).result()

            yield Place(carrier, folder, operator, ledger_id, hub=Hub(ledger_id, clock.now_ms, check))
            return
        serving = ledgersite.command(operator, "ledger", "serve", "--listen", "127.0.0.1:0")
        url: str = resources.enter_context(serving).document()["url"]
        template = _joined(operator, url, folder / "template")
        if carrier == carrierfile.NOSTR:
            relay = Home(folder / "relay")
            shutil.copytree(template.path, relay.path, symlinks=True)
            relaying = ledgersite.command(relay, "relay", "serve", "--listen", "127.0.0.1:0")
            url = resources.enter_context(relaying).document()["url"]
            carrierfile.write(template, (Named(carrierfile.NOSTR, url, None),))
        yield Place(carrier, folder, operator, ledger_id, url, template=template)


def _joined(operator: Home, url: str, path: Path) -> Home:
    """A home that has joined the service at a URL, with the wallets and the keys of the operator's."""
    home = Home(path)
    files.make_folder(path)
    shutil.copytree(operator.wallets, home.wallets)
    home.keys.symlink_to(operator.keys.resolve(), target_is_directory=True)
    with Client(url) as client:
        joining.join(home, client, clock.now_ms())
    return home
