"""The demo's act one: a pool, its first prices, and its guardians' insurance."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from prover.cli.demo import stage
from prover.cli.demo.narrator import Narrator
from prover.cli.demo.story import Story, StoryClock
from prover.cli.pool import oracle_run
from prover.cli.trader import show
from prover.machine.home import Home
from prover.operator import creation, defaults, founderkeys, oracles, ownkey
from prover.proofs.keystores import Keystore
from prover.trader import moves
from settlement.ledger import Ledger
from settlement.pool import poolfile
from settlement.risk.grids import Publication


@contextmanager
def create_pool(narrator: Narrator, home: Home, keystore: Keystore, now_ms: StoryClock) -> Iterator[Ledger]:
    """Begins act one: creates the pool and opens its ledger."""
    narrator.act(
        "A pool",
        "Sixteen slots share one tree of commitments, so that nobody can tell which asset moves. What is held outside "
        "can never be owed. What can be owed are claims of members on each other: loans, perpetuals, options.",
    )
    with narrator.step("zksettle pool new --insecure-dev") as details:
        pool = creation.create(home, keystore, defaults.POOL_NAME, now_ms())
        ledger_id, first = poolfile.ledger_id(pool).hex(), pool.parameters
        details |= {"ledger_id": ledger_id, **show.keys_json(pool, home.keys)}
        assert first.guardians is not None, "the example pool has guardians"
        narrator.screen.fields([
            ("ledger id", ledger_id),
            ("held", ", ".join(asset.symbol for asset in pool.assets if asset.is_held)),
            ("claims", ", ".join(asset.symbol for asset in pool.assets if asset.is_claim)),
            ("oracles", f"{len(first.oracle_keys)}, of whom {first.quorum} must agree"),
            ("guardians", f"{first.guardians.threshold} of {first.guardians.members} see accounts that owe, and may "
                          "end them"),
            *show.keys_fields(pool, home.keys),
        ])  # fmt: skip
    with Ledger.open(home.ledger) as ledger:
        yield ledger


def publish(story: Story, prices: Mapping[str, str], *, is_table: bool = False) -> Publication:
    """Publishes an epoch's prices: these, and otherwise the newest."""
    options = "".join(f" --price {symbol}={price}" for symbol, price in prices.items())
    with story.narrator.step(f"zksettle oracle publish{options}") as details:
        observed = oracles.observation(story.ledger, oracles.parse_prices(prices, story.pool))
        secrets = founderkeys.read(story.home.pool, ownkey.ORACLE)
        publication = oracles.publish(story.ledger, secrets, observed, story.now_ms())
        details.update(oracle_run.document(story.pool, publication))
        if is_table:
            story.screen.say(f"Example prices of {defaults.AS_OF}, in USDC, and their worst and best scenarios:")
            story.screen.table(oracle_run.COLUMNS, oracle_run.price_rows(story.pool, publication))
        else:
            for sentence in oracle_run.sentences(story.pool, publication):
                story.screen.paragraph(sentence)
    return publication


def insure(story: Story, stack: ExitStack) -> None:
    """Ends act one: somebody pays for the insurance, and the guardians found its account."""
    name = stage.FOUNDER
    session = stack.enter_context(stage.open_session(story.home, story.ledger, story.keystore, name))
    story.sessions[name] = session
    ((asset, amount),) = story.amount(stage.INSURED).items()
    moves.deposit(session, asset, amount, f"{name}'s bank", story.now_ms())
    with story.narrator.step(f'zksettle guardian fund "{stage.INSURED}" --wallet {name}') as details:
        details.update(show.receipt_json(moves.insure(session, amount, story.now_ms()).receipt))
        story.screen.say("The insurance takes over what is seized. Its margin is proved in public at every epoch.")
    with story.narrator.step("zksettle guardian watch") as details:
        done = story.watch.step()
        assert done.founded and done.drawn and done.has_beaten, "the insurance is founded, paid in and solvent"
        details["founded"] = True
        story.screen.say("The guardians founded the insurance's account, and it proved that it is solvent.", "good")
    story.narrator.sees(
        everybody="the pool, the prices, the grids, what was paid into the insurance, and that it is solvent"
    )
