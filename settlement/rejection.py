"""The reasons for a refusal by the ledger or the board: each has a number that is never reused, and a remedy.

The order of the members, not of the numbers, is the order of the checks, so a rejection implies that every check before
it passed.
"""

from enum import IntEnum


class Rejection(IntEnum):
    """1 to 19, 40 to 59, 65, 66: a bundle, or one leg for the board · 20 to 29, 67, 68: the board
    · 30 to 39: published prices · 60 to 64: what else the ledger records.

    `remedy` tells the sender what to do.
    """

    TOO_LARGE = (1, "Send fewer bytes, legs, flows or ciphertexts: the limits are in settlement.bundles.bundle.")
    MALFORMED = (2, "Encode it again with settlement.bundles.encoding: some field is not what the format allows.")
    WRONG_LEDGER = (3, "Make it for this ledger: its id, or a leg's signature, is for another one.")
    UNKNOWN_KEY = (4, "Prove it again with the proving keys of this ledger's pool.")
    CLOCK_BEHIND = (16, "Set the clock right: the ledger's time only goes forward. If it is right, "
                    "another clock was ahead when that event settled: wait for its time, or restore a backup.")
    PARAMETERS_CHANGED = (49, "Submit it again: the pool's parameters changed while it was checked.")
    EXPIRED = (5, "Make the leg again with a later expiry.")
    UNKNOWN_ROOT = (6, "Sync, and prove the leg again under a root of this ledger's tree.")
    GUARD_UNKNOWN = (40, "Sync, and make the leg again for the guardians that the pool has now, or as a cash leg.")
    ESCROW_MISSING = (41, "Add the escrow of the new account's opening to the leg, or make it a cash leg.")
    MARGIN_MISSING = (7, "Add a margin proof to the leg, or make it a cash leg.")
    FROZEN = (42, "Wait for the next prices that the last ones cover: until then only cash legs, top-ups and seizures "
              "settle.")
    RESTRICTED = (43, "Wait until the insurance has shown again that it is solvent: until then only cash legs, top-ups "
                  "and seizures settle.")
    STALE_GRID = (8, "Sync, and prove the margin again under the newest grid: `zksettle order refresh` for an order.")
    TOP_UP_STALE = (66, "Sync, and make the top-up again: new prices were published since it was made.")
    NULLIFIER_REPEATED = (9, "Leave out all but one of the legs that spend the same account.")
    NULLIFIER_SPENT = (10, "Sync: the account has already moved. Make the leg again from the account as it is now.")
    TOP_UP_REPEATED = (65, "Make the top-up again in another period: an epoch has four. After four, wait for the next "
                       "prices, or make a deposit, which needs margin.")
    COMPANIONS = (44, "Settle the leg beside exactly the legs that it was signed for, or ask its owner for another.")
    LEG_SIGNATURE = (11, "Ask the leg's owner to sign it as it stands: it was changed after it was signed.")
    SEIZURE = (45, "Have the guardians sign the seizure as it stands, for the newest epoch: `zksettle guardian seize`.")
    CONVERSION = (50, "Convert an expired claim at its published rate, and prove the conversion for this bundle.")
    UNBALANCED = (12, "Make the legs' changes add up to their flows for every asset, and sign the binding again.")
    INVALID_PROOF = (13, "Prove the leg again: its proof does not verify for its public inputs.")
    ATTESTATION = (17, "Have the custodian of each asset that flows sign the bundle: `zksettle custodian sign`.")
    INSURANCE = (48, "Have the guardians sign the leg that is marked as the insurance's, or leave the mark out.")
    REFERENCE_USED = (18, "Use a reference of its own for each payment: the ledger accepts one once for each asset.")
    FEE_MISSING = (46, "Pay the pool's fee for each leg into its account `fee`, in the numeraire.")
    PUBLIC_ACCOUNT = (47, "Draw no more from a public account than it has, and pay in no more than it can count.")
    POT = (51, "Pay into the pot or out of it at the loan's published index, and draw no more than it has.")
    CUSTODY = (
        14,
        "Withdraw less than the ledger holds of the asset under this key, or deposit less than it can count.",
    )
    TREE_FULL = (15, "Use another ledger: the tree of this one has no room for the bundle's new accounts.")

    VERSION = (62, "Make the next version of the parameters: `zksettle governance show` has the newest.")
    GOVERNANCE_EARLY = (61, "Let the change come into force later: the pool's governance has a delay.")
    GOVERNANCE = (60, "Have as many governors sign the change, as it stands, as the pool asks for.")
    HEARTBEAT = (63, "Prove the insurance's newest account against the newest maintenance grid, once an epoch.")
    EXPIRY = (64, "Wait until the insurance has been silent too long, and let the guardians sign the figures.")

    ORDER_TOP_UP = (29, "Make the order with a proof of margin: a top-up settles until the next prices only.")
    ORDER_TOO_LONG = (23, "Make the order again with an earlier expiry: settlement.orders.board has the limit.")
    TERMS_SIGNATURE = (25, "Ask the order's maker to sign its terms, funds and time as they stand, and to post it.")
    FUNDS_MISSING = (26, "Add a proof of funds, or pay the pool's fee for the order first: its board asks for either.")
    FUNDS_INVALID = (27, "Prove the funds again, for this order, from its own account and at the pool's threshold.")
    ORDER_WITHDRAWN = (68, "Ask its maker for another order, or make a new one: its maker withdrew this one.")
    ORDER_KNOWN = (21, "Do nothing: this order is already on the board.")
    PROOF_KNOWN = (28, "Prove the leg again: the order with this proof is on the board, with another expiry perhaps.")
    ACCOUNT_FULL = (24, "Move the account, which cancels every order on it.")
    BOARD_FULL = (20, "Wait until orders on the board have expired: each of them has funds or a fee behind it.")
    ORDER_UNKNOWN = (22, "Look at the board again: this order is not on it now.")
    WITHDRAWAL = (67, "Withdraw the order with the wallet that made it: nobody else has its key.")

    UNKNOWN_ORACLE = (30, "Sign prices with keys that are registered in the pool.")
    PRICE_SIGNATURE = (31, "Sign the price as it stands.")
    PRICE_STALE = (32, "Sign a newer price.")
    PRICE_SPREAD = (38, "Sign all prices of an epoch within one minute.")
    PRICE_ORDER = (39, "Sign newer prices: all of an epoch must be newer than all of the one before.")
    NO_QUORUM = (33, "Collect prices for every asset from as many oracles as the pool's quorum.")
    WRONG_EPOCH = (35, "Publish the epoch that follows the newest one.")
    PRICE_COARSE = (37, "List the asset with fewer decimals: its price has too few digits to be rounded fairly.")
    PRICE_RANGE = (36, "Sign a lower price: the value that it gives in some scenario does not fit in 64 bits.")

    remedy: str

    def __new__(cls, number: int, remedy: str) -> "Rejection":
        member = int.__new__(cls, number)
        member._value_ = number
        member.remedy = remedy
        return member


class Rejected(Exception):
    """A refusal.  `rejection` is the reason, and `detail` says what is wrong, without any secret."""

    def __init__(self, rejection: Rejection, detail: str):
        super().__init__(f"rejection {rejection.value} ({rejection.name}): {detail}. {rejection.remedy}")
        self.rejection = rejection
        self.detail = detail
