"""Tells the demo's story: acts, steps with the command that does the same, timings, and who sees what."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prover.cli.frame.screen import Screen
from prover.machine import units


class Narrator:
    """Prints on a screen and collects everything for the JSON document."""

    def __init__(self, screen: Screen):
        self.screen = screen
        self.acts: list[dict[str, Any]] = []

    def act(self, title: str, *sentences: str) -> None:
        """Begins the next act."""
        number = len(self.acts) + 1
        self.acts.append({"act": number, "title": title, "steps": []})
        self.screen.say()
        heading = f"{number}  {title} "
        self.screen.say(heading + "─" * (self.screen.width() - len(heading)), "title")
        for sentence in sentences:
            self.screen.paragraph(sentence)

    @contextmanager
    def step(self, command: str, attempt: str = "", machine: str = "") -> Iterator[dict[str, Any]]:
        """One step: shows the command, or describes the attempt when no command does it, and then the time it took.

        `machine` is which of several runs the command.

        The dictionary goes into the JSON document, with everything that the step adds to it.
        """
        self.screen.say()
        if attempt:
            self.screen.paragraph(f"✗ {attempt}", "strong")
        if command:
            self.screen.say(f"{machine}$ {command}", "strong")
        details: dict[str, Any] = {"command": command or None, "attempt": attempt or None}
        details |= {"machine": machine} if machine else {}
        start_s = time.perf_counter()
        yield details
        details.setdefault("seconds", round(time.perf_counter() - start_s, 6))
        self.acts[-1]["steps"].append(details)
        self.screen.say(f"took {units.seconds(details['seconds'])}", "dim")

    def sees(self, **views: str) -> None:
        """Shows who sees what of the last step."""
        self.acts[-1]["steps"][-1]["sees"] = views
        width = max(map(len, views))
        for who, what in views.items():
            self.screen.item("·", "warn", who.ljust(width) + (" see " if who.endswith("s") else " sees"), what)
