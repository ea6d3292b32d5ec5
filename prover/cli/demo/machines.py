"""The state of `zksettle demo --network`: its machines, what tells of them, and what their commands have shown."""

import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from prover.cli.demo.actors import Actor, Actors
from prover.cli.demo.narrator import Narrator
from prover.machine import units
from prover.network.wire.client import Client, NotFound
from settlement.log import checkpoint, note

FINAL_S = 60
_POLL_S = 0.02
_LONG = 40  # characters


@dataclass
class Network:
    """The processes of the story, what tells it, and what commands have shown."""

    actors: Actors
    narrator: Narrator
    folder: Path
    running: dict[str, Actor] = field(default_factory=dict)
    url: str = ""
    ledger_id: str = ""
    addresses: dict[str, str] = field(default_factory=dict)
    measures: dict[str, float] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """The first digits of the ledger id."""
        return self.ledger_id[:16]

    def run(self, name: str, *words: str, come_to: Callable[[dict[str, Any]], str]) -> dict[str, Any]:
        """Tells of a command that a machine runs, runs it, and says what it has come to."""
        with self.step(name, *words) as details:
            details["result"] = self.actors.run(name, *words)
            self.say(come_to(details["result"]))
        return details["result"]

    def step(self, name: str, *words: str) -> AbstractContextManager[dict[str, Any]]:
        """A step of a machine, with the command as the story shows it: what is long is cut, files have no folder."""
        plain = [word.removeprefix(f"{self.folder}/") for word in words]
        short = [f"{word[:8]}…" if len(word) > _LONG and "://" not in word else word for word in plain]
        shown = " ".join(f'"{word}"' if " " in word else word for word in short)
        return self.narrator.step(f"zksettle {shown}", machine=name)

    def start(self, name: str, *words: str) -> Actor:
        """Begins a command that goes on until the story ends."""
        self.running[name] = self.actors.begin(name, *words)
        return self.running[name]

    def say(self, text: str) -> None:
        """Says what a step has come to."""
        self.narrator.screen.say(text, "good")

    def await_final(self, height: int, name: str) -> None:
        """Waits until the event at this height is final, and says how long that took.

        Raises click.ClickException when it takes longer than FINAL_S.
        """
        start_s = time.monotonic()
        with Client(self.url) as client:
            while time.monotonic() < start_s + FINAL_S:
                try:
                    signed = client.get("/checkpoint/final").decode()
                    if checkpoint.parse(note.text_of(signed)).size > height:
                        self.measures[name] = time.monotonic() - start_s
                        later = units.seconds(self.measures[name])
                        self.say(f"Final {later} later: a quorum has verified and cosigned it.")
                        return
                except NotFound:
                    pass
                time.sleep(_POLL_S)
        raise click.ClickException(f"what settled at height {height} is not final after {FINAL_S} seconds")


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens at, now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]
