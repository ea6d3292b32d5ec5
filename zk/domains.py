"""Every domain tag of the system: no hash made for one purpose is ever the hash of another.

A tag never changes and is never reused, because ids, signatures and proving keys depend on it.  Two kinds exist:

    Poseidon tags   the first element of the permutation's state.  Tag 0 is circomlib's plain Poseidon, which
                    zk.signature uses for the EdDSA challenge, so no purpose of ours has it.
    byte strings    the beginning of what SHA-256 or SHA-512 hashes, a label of hash-to-curve, or the salt or info of
                    HKDF.  None is a prefix of another.

This module imports nothing.
"""

TAG_OWNER = 1
TAG_ACCOUNT = 2
TAG_NULLIFIER = 3
TAG_NODE = 4
# 5 and 6 belonged to the hash of a risk grid, which no statement takes any more.
TAG_BALANCES = 7
TAG_STREAM = 8
TAG_ESCROW = 9
TAG_RESIDUAL = 10
TAG_FUNDS = 11
TAG_TOPUP = 12
# 64 belonged to the hash of an oracle's quote, which is a SHA-256 now.

HASH_TO_CURVE = b"zksettle/babyjubjub/hash-to-curve"
VALUE_ASSET = b"zksettle/value/asset/"  # followed by the index of the asset, two digits
VALUE_BLINDING = b"zksettle/value/blinding"

VERIFYING_KEY = b"zksettle/groth16/verifying-key"
CIRCUIT = b"zksettle circuit 1"

LEDGER_ID = b"zksettle/ledger/id"
LEG_ID = b"zksettle/leg/id"
LEG_MESSAGE = b"zksettle/leg/message"
ORDER_POSTING = b"zksettle/order/posting"
ORDER_WITHDRAWAL = b"zksettle/order/withdrawal"
FUNDS_ORDER = b"zksettle/funds/order"
FUNDS_TEXT = b"zksettle/funds/text"
BUNDLE_ID = b"zksettle/bundle/id"
BUNDLE_MESSAGE = b"zksettle/bundle/message"
COMPANIONS = b"zksettle/companions"
ORDER_TERMS = b"zksettle/order/terms"
SEIZURE_ID = b"zksettle/seizure/id"
SEIZURE_MESSAGE = b"zksettle/seizure/message"
INSURANCE_LEG = b"zksettle/insurance/leg"
ATTESTATION = b"zksettle/custody/attestation"
EVENT = b"zksettle/event"
QUOTE = b"zksettle/quote"
PARAMETERS = b"zksettle/parameters"
EXPIRY = b"zksettle/expiry"
SIGNATURE_NONCE = b"zksettle/signature/nonce"
REPRESENTATION = b"zksettle/representation/challenge"
REPRESENTATION_NONCE = b"zksettle/representation/nonce"
CONVERSION = b"zksettle/conversion"
CEREMONY_CONTRIBUTION = b"zksettle/ceremony/contribution"

THRESHOLD_POSSESSION = b"zksettle/threshold/possession"
THRESHOLD_TRANSCRIPT = b"zksettle/threshold/transcript"
THRESHOLD_DECRYPTION = b"zksettle/threshold/decryption"
THRESHOLD_NONCE = b"zksettle/threshold/nonce"
THRESHOLD_BINDING = b"zksettle/threshold/binding"
GUARDIAN_CHANNEL = b"zksettle/guardian/channel"
GUARDIAN_DEALING = b"zksettle/guardian/dealing"

FARM_SEALING = b"zksettle/farm/sealing"
FARM_RESULT = b"zksettle/farm/result"
FARM_WORKER = b"zksettle/farm/worker"
FARM_PUBLIC = b"zksettle/farm/public-inputs"
FARM_KEY = b"zksettle/farm/key-contents"
FARM_FINGERPRINT = b"zksettle/farm/fingerprint"

NET_RECEIPT = b"zksettle/net-receipt"
ADDRESS = b"zksettle/address"
ADDRESS_BASE = b"zksettle/base-of-address"
FINGERPRINT = b"zksettle/fingerprint-of-address"
REQUEST = b"zksettle/request"
WORK = b"zksettle/work"
LETTER = b"zksettle/letter/sealing"
LETTER_EPHEMERAL = b"zksettle/letter/ephemeral"
LETTER_TAG = b"zksettle/letter/tag"
SEALING = b"zksettle/sealing"
EPHEMERAL = b"zksettle/ephemeral"
VIEW_TAG = b"zksettle/view-tag"
BLINDING = b"zksettle/blinding"
RERANDOMISED = b"zksettle/re-randomised"
KEYS = b"zksettle/keys"  # the salt; the info is one of the next six
KEYS_VIEWING = b"viewing"
KEYS_SPENDING = b"spending/"  # followed by the index of the account
KEYS_NULLIFIER = b"nullifier/"  # followed by the index of the account
KEYS_ARCHIVE = b"archive"
KEYS_BESIDE = b"beside/"  # followed by the suffix of the file
KEYS_BLINDING = b"blinding/"  # followed by the index of the account
