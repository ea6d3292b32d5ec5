"""Runs `zksettle desk init`: writes a DESK.toml to begin with."""

from pathlib import Path

from prover.cli.frame import workspace
from prover.cli.frame.command import App
from prover.dealer import example
from prover.machine import clock, files
from zk.errors import Unsatisfied


def init(app: App, config: Path) -> None:
    """Writes the file.  Raises Unsatisfied when there is one."""
    with workspace.ledger(app) as ledger:
        published = ledger.reader.grids(1)
        prices = published[0].publication.prices if published else None
        text = example.text(ledger.pool, prices, clock.now_ms())
    try:
        with files.writing(config, replaces=False) as file:
            file.write(text.encode())
    except FileExistsError:
        raise Unsatisfied(f"{config} is there already: give another name, or remove it") from None
    app.screen.say(f"{config} is a desk to begin with: read it, change it, and see what it would do:", "good")
    app.screen.paragraph(f"zksettle desk check {config}")
    app.screen.document({"file": str(config), "is_priced": prices is not None})
