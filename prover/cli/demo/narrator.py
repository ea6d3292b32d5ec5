"""How the demo tells its story: acts, steps beside the command that does the same, what it took, who sees what."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prover.cli.frame.screen import Screen, seconds


class Narrator:
    """Speaks on a screen and keeps everything for the JSON document."""

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
    def step(self, command: str, attempt: str = "") -> Iterator[dict[str, Any]]:
        """One step: shows the command, or says what is attempted where no command does it, then what it took.

        What is put into the dictionary goes into the document.
        """
        self.screen.say()
        if attempt:
            self.screen.paragraph(f"✗ {attempt}", "strong")
        if command:
            self.screen.say(f"$ {command}", "strong")
        told: dict[str, Any] = {"command": command or None, "attempt": attempt or None}
        started = time.perf_counter()
        yield told
        told.setdefault("seconds", round(time.perf_counter() - started, 6))
        self.acts[-1]["steps"].append(told)
        self.screen.say(f"took {seconds(told['seconds'])}", "dim")

    def sees(self, **views: str) -> None:
        """Who sees what of the last step."""
        self.acts[-1]["steps"][-1]["sees"] = views
        width = max(map(len, views))
        for who, what in views.items():
            self.screen.item("·", "warn", who.replace("_", " ").ljust(width) + " sees", what)
