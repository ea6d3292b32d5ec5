"""Runs `zksettle carrier …`."""

from typing import Literal, cast

import click

from prover.carriers import carrierfile
from prover.carriers.carrierfile import Named
from prover.cli.frame.command import App
from zk.errors import Unsatisfied

Kind = Literal["board", "mailbox", "nostr"]


def add(app: App, kind: str, url: str, proxy: str | None) -> None:
    """Adds a carrier to the home's list, or gives one that is there another proxy."""
    named = _named(kind, url, proxy)
    listed = [each for each in carrierfile.read(app.home) if not _is_same(each, named)]
    if len(listed) >= carrierfile.MAX_CARRIERS:
        raise Unsatisfied(f"a home names at most {carrierfile.MAX_CARRIERS} carriers")
    carrierfile.write(app.home, (*listed, named))
    show(app)


def remove(app: App, kind: str, url: str) -> None:
    """Takes a carrier off the home's list."""
    named = _named(kind, url, None)
    listed = carrierfile.read(app.home)
    left = tuple(each for each in listed if not _is_same(each, named))
    if len(left) == len(listed):
        raise Unsatisfied(f"this home does not use the carrier {kind} {named.url}".rstrip())
    if not left:
        raise Unsatisfied("a home uses one carrier at least: add another first")
    carrierfile.write(app.home, left)
    show(app)


def show(app: App) -> None:
    """Lists the home's carriers."""
    listed = carrierfile.read(app.home)
    rows = [(each.kind, each.url or "the ledger's own", each.proxy or "") for each in listed]
    app.screen.table(("carrier", "where", "proxy"), rows)
    app.screen.document({
        "carriers": [{"kind": each.kind, "url": each.url or None, "proxy": each.proxy} for each in listed]
    })  # fmt: skip


def _named(kind: str, url: str, proxy: str | None) -> Named:
    if (kind == carrierfile.BOARD) == bool(url):
        what = "the board is the ledger's own: leave the URL out" if url else f"say where the {kind} is: its URL"
        raise click.UsageError(what, click.get_current_context())
    return carrierfile.check(Named(cast(Kind, kind), url, proxy))


def _is_same(one: Named, other: Named) -> bool:
    return (one.kind, one.url) == (other.kind, other.url)
