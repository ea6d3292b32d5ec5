"""Deposits, withdrawals, payments and top-ups: each syncs, plans, proves, submits, and syncs again.

The custodian of the asset must attest a deposit or withdrawal.  Where its key is on this machine, it signs here by
itself; elsewhere the finished bundle is a request, which the custodian signs and anybody settles afterwards.

All settle at most once for each key `once`, and without a key at most once until the outcome was told
(prover/trader/settling.py).  They raise as `settling.perform`: Unsatisfied when the wallet's accounts do not allow the
move, settlement.rejection.Rejected when the ledger refuses the bundle; and FormatError when an argument is not well
formed.
"""

from circuits.records import Amount
from prover.trader import addresses, choosing, outbox, plan, sessions, settling, shapes, toppingup
from prover.trader.diary import About, What
from prover.trader.plan import LegPlan
from prover.trader.sessions import Session, Settlement
from settlement import amounts, custody
from settlement.bundles import references
from settlement.bundles.bundle import MAX_PARTY_BYTES, MAX_REFERENCE_BYTES, Account, Bundle, Flow
from settlement.rejection import Rejected, Rejection
from zk import entropy, signature
from zk.errors import FormatError, Unsatisfied

FIRST_INDEX = 0
REQUEST_EXPIRES = "7d"  # the time that a custodian has to sign a request, and anybody to settle it
REFERENCE_BYTES = 16  # of a fresh reference, before it becomes hexadecimal digits


def deposit(
    session: Session, asset: int, amount: Amount, party: str, now_ms: int, position: int | None = None,
    reference: str | None = None, once: str | None = None, *, is_top_up: bool = False,
) -> Settlement:  # fmt: skip
    """Takes an amount from an external party into the account at a position.

    Without a position it takes the newest account that owes nothing and that no open order needs.  Without such an
    account it creates one at the first address.  `reference` names the payment outside; without one it is random.

    With `is_top_up` it adds to a margined account, the wallet's only one when there is no position, without any proof
    of margin: also when the margin does not suffice, and when the pool takes nothing else.
    """
    flow = _flow(asset, amount, party, reference)

    def make() -> Bundle:
        secret, expiry_ms = _custodian(session, asset), now_ms + sessions.IMMEDIATE_MS
        return _attested(session, _deposit(session, flow, expiry_ms, now_ms, position, is_top_up=is_top_up), secret)

    request = outbox.asked(
        "deposit", once, asset=asset, amount=amount, party=party, position=position, reference=reference,
        **({"top_up": True} if is_top_up else {}),
    )  # fmt: skip
    return settling.perform(session, request, now_ms, make)


def withdraw(
    session: Session, asset: int, amount: Amount, party: str, now_ms: int, position: int | None = None,
    reference: str | None = None, once: str | None = None,
) -> Settlement:  # fmt: skip
    """Pays an amount out to an external party.  `reference` is as for `deposit`."""
    flow = _flow(asset, Amount(-amount), party, reference)

    def make() -> Bundle:
        secret = _custodian(session, asset)
        return _attested(session, _withdrawal(session, flow, now_ms + sessions.IMMEDIATE_MS, now_ms, position), secret)

    request = outbox.asked(
        "withdraw", once, asset=asset, amount=amount, party=party, position=position, reference=reference
    )
    return settling.perform(session, request, now_ms, make)


def request_deposit(
    session: Session, asset: int, amount: Amount, party: str, now_ms: int, expires_ms: int,
    position: int | None = None, reference: str | None = None, *, is_top_up: bool = False,
) -> Bundle:  # fmt: skip
    """The bundle of a deposit, complete but for the custodian's signature, valid for `expires_ms`.

    Without a position it creates an account, so that nothing that the wallet does meanwhile can void the request; with
    `is_top_up` it is as `deposit`, and void when the next prices are published.
    """
    flow = _flow(asset, amount, party, reference)
    made = _deposit(session, flow, now_ms + expires_ms, now_ms, position, is_request=True, is_top_up=is_top_up)
    return sessions.assemble(session, [made])


def request_withdrawal(
    session: Session, asset: int, amount: Amount, party: str, now_ms: int, expires_ms: int,
    position: int | None = None, reference: str | None = None,
) -> Bundle:  # fmt: skip
    """The bundle of a withdrawal, complete but for the custodian's signature, valid for `expires_ms`.

    Moving its account voids it.
    """
    flow = _flow(asset, Amount(-amount), party, reference)
    return sessions.assemble(session, [_withdrawal(session, flow, now_ms + expires_ms, now_ms, position)])


def pay(
    session: Session, receiver: addresses.Address, asset: int, amount: Amount, now_ms: int,
    position: int | None = None, once: str | None = None,
) -> Settlement:  # fmt: skip
    """Pays an amount to an address, whose owner finds it by syncing."""

    def make() -> Bundle:
        sessions.sync(session)
        setting = sessions.setting(session, now_ms)
        holding = choosing.choose(session.wallet, setting, plan.changes({asset: amount}, {}), position, now_ms)
        source, target = sessions.source(session, holding), sessions.target(session, holding.index)
        expiry_ms = now_ms + sessions.IMMEDIATE_MS
        root = sessions.nothing(session, holding).root
        legs = plan.payment(setting, source, target, receiver, asset, amount, expiry_ms, root)
        return sessions.assemble(session, legs, about=About(What.PAYMENT, (address,)))

    address = addresses.encode(receiver)
    request = outbox.asked("pay", once, receiver=address, asset=asset, amount=amount, position=position)
    return settling.perform(session, request, now_ms, make)


def top_up(
    session: Session, asset: int, amount: Amount, now_ms: int, position: int | None = None,
    from_position: int | None = None, once: str | None = None,
) -> Settlement:  # fmt: skip
    """Moves an amount from an own cash account into a margined one, which needs no margin for it, as `deposit`."""

    def make() -> Bundle:
        sessions.sync(session)
        setting, expiry_ms = sessions.setting(session, now_ms), now_ms + sessions.IMMEDIATE_MS
        margined = choosing.margined(session.wallet, position)
        given, added = plan.changes({asset: amount}, {}), plan.changes({}, {asset: amount})
        payer = choosing.payer(session.wallet, setting, asset, amount, from_position, now_ms)
        plan.check_holds(setting.pool, payer.account, {asset: amount})
        source, target = sessions.source(session, payer), sessions.target(session, payer.index)
        paying = plan.move(setting, source, target, given, expiry_ms, num_fees=shapes.fees(2))
        source, target = sessions.source(session, margined), sessions.target(session, margined.index)
        periods = toppingup.free(session.ledger, source.keys)
        adding = plan.top_up(setting, source, target, added, expiry_ms, periods=periods, num_fees=0)
        return sessions.assemble(session, [paying, adding])

    request = outbox.asked("top-up", once, asset=asset, amount=amount, position=position, source=from_position)
    return settling.perform(session, request, now_ms, make)


def insure(
    session: Session, amount: Amount, now_ms: int, position: int | None = None, once: str | None = None
) -> Settlement:
    """Gives an amount of the numeraire to the pool's insurance, which nobody can take back."""

    def make() -> Bundle:
        sessions.sync(session)
        setting, given = sessions.setting(session, now_ms), {amounts.NUMERAIRE: amount}
        holding = choosing.choose(session.wallet, setting, plan.changes(given, {}), position, now_ms)
        plan.check_holds(setting.pool, holding.account, given)
        source, target = sessions.source(session, holding), sessions.target(session, holding.index)
        flow = Flow(amounts.NUMERAIRE, Amount(-amount), Account.INSURANCE, b"", b"")
        expiry_ms = now_ms + sessions.IMMEDIATE_MS
        return sessions.assemble(session, [
            plan.move(setting, source, target, plan.changes(given, {}), expiry_ms, (flow,))
        ])  # fmt: skip

    return settling.perform(session, outbox.asked("insure", once, amount=amount, position=position), now_ms, make)


def _deposit(
    session: Session, flow: Flow, expiry_ms: int, now_ms: int, position: int | None, *, is_request: bool = False,
    is_top_up: bool = False,
) -> LegPlan:  # fmt: skip
    sessions.sync(session)
    _check_reference(session, flow)
    setting, changes = sessions.setting(session, now_ms), plan.changes({}, {flow.asset: flow.amount})
    if is_top_up:
        holding = choosing.margined(session.wallet, position)
        source, target = sessions.source(session, holding), sessions.target(session, holding.index)
        periods = toppingup.free(session.ledger, source.keys)
        return plan.top_up(setting, source, target, changes, expiry_ms, (flow,), periods=periods)
    # Not just the newest account: a stranger may have sent one with a debt, which nobody wants to pay by accident.
    free = [] if is_request else choosing.free(session.wallet, now_ms)
    if position is None and not free:
        source, target = plan.genesis_source(session.ledger.reader.tree().root), sessions.target(session, FIRST_INDEX)
    else:
        chosen_position = free[-1].position if position is None else position
        holding = choosing.choose(session.wallet, setting, changes, chosen_position, now_ms)
        source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    return plan.deposit(setting, source, target, flow, expiry_ms)


def _withdrawal(session: Session, flow: Flow, expiry_ms: int, now_ms: int, position: int | None) -> LegPlan:
    sessions.sync(session)
    _check_reference(session, flow)
    setting = sessions.setting(session, now_ms)
    changes = plan.changes({flow.asset: -flow.amount}, {})
    holding = choosing.choose(session.wallet, setting, changes, position, now_ms)
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    return plan.withdrawal(setting, source, target, flow, expiry_ms)


def _check_reference(session: Session, flow: Flow) -> None:
    """Raises Rejected before anything is proved, or signed by a custodian, that the ledger would refuse for this."""
    if session.ledger.reader.is_reference_used(flow.asset, flow.reference):
        symbol = session.ledger.pool.assets[flow.asset].symbol
        detail = f"a payment of {symbol} with the reference {flow.reference.decode()} has settled already"
        raise Rejected(Rejection.REFERENCE_USED, detail)


def _attested(session: Session, leg_plan: LegPlan, custodian: int) -> Bundle:
    """Only here this machine's custodian signs by itself: a bundle without anybody else's legs."""
    return custody.attest(session.ledger.pool, sessions.assemble(session, [leg_plan]), custodian)


def _custodian(session: Session, asset: int) -> int:
    """The secret of the asset's custodian.  Raises Unsatisfied when it is not on this machine."""
    named = session.ledger.pool.assets[asset]
    if session.custodian is None or signature.public(session.custodian) != named.custodian:
        raise Unsatisfied(
            f"the custodian of {named.symbol} must sign this, and its key is not on this machine: write a request with "
            "--request FILE (in Python: Desk.request), which the custodian signs with `zksettle custodian sign FILE` "
            "and anybody then settles with `zksettle ledger submit FILE`"
        )
    return session.custodian


def _flow(asset: int, amount: Amount, party: str, reference: str | None) -> Flow:
    text = entropy.token(REFERENCE_BYTES).hex() if reference is None else reference
    named = _text(party, "the name of an external party", MAX_PARTY_BYTES)
    reference_bytes = references.canonical(text)
    if len(reference_bytes) > MAX_REFERENCE_BYTES:
        raise FormatError(f"the reference has {len(reference_bytes)} bytes: use 1 to {MAX_REFERENCE_BYTES}")
    return Flow(asset, amount, Account.OUTSIDE, named, reference_bytes)


def _text(text: str, what: str, most: int) -> bytes:
    try:
        data = text.encode()
    except UnicodeEncodeError:  # bytes of the command line that are no text
        raise FormatError(f"{what} is not valid text in UTF-8") from None
    if not 0 < len(data) <= most:
        raise FormatError(f"{what} has {len(data)} bytes: use 1 to {most}")
    return data
