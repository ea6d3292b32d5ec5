"""Every domain tag is spelled once, in zk/domains.py; all are different and none begins another."""

import ast
import itertools
from pathlib import Path

from zk import domains

ROOT = Path(__file__).parents[2]
SOURCES = [path for package in ("zk", "circuits", "settlement", "prover") for path in (ROOT / package).rglob("*.py")]
DOMAINS = ROOT / "zk" / "domains.py"
TAGS = {name: tag for name, tag in vars(domains).items() if name.isupper()}
STRINGS = [tag for tag in TAGS.values() if isinstance(tag, bytes)]

AGREED = {
    "TAG_OWNER": 1,
    "TAG_ACCOUNT": 2,
    "TAG_NULLIFIER": 3,
    "TAG_NODE": 4,
    "TAG_BALANCES": 7,
    "TAG_STREAM": 8,
    "TAG_ESCROW": 9,
    "TAG_RESIDUAL": 10,
    "TAG_FUNDS": 11,
    "TAG_TOPUP": 12,
    "HASH_TO_CURVE": b"zksettle/babyjubjub/hash-to-curve",
    "VALUE_ASSET": b"zksettle/value/asset/",
    "VALUE_BLINDING": b"zksettle/value/blinding",
    "VERIFYING_KEY": b"zksettle/groth16/verifying-key",
    "CIRCUIT": b"zksettle circuit 1",
    "LEDGER_ID": b"zksettle/ledger/id",
    "LEG_ID": b"zksettle/leg/id",
    "LEG_MESSAGE": b"zksettle/leg/message",
    "BUNDLE_ID": b"zksettle/bundle/id",
    "BUNDLE_MESSAGE": b"zksettle/bundle/message",
    "COMPANIONS": b"zksettle/companions",
    "ORDER_TERMS": b"zksettle/order/terms",
    "SEIZURE_ID": b"zksettle/seizure/id",
    "SEIZURE_MESSAGE": b"zksettle/seizure/message",
    "INSURANCE_LEG": b"zksettle/insurance/leg",
    "ATTESTATION": b"zksettle/custody/attestation",
    "ORDER_POSTING": b"zksettle/order/posting",
    "ORDER_WITHDRAWAL": b"zksettle/order/withdrawal",
    "FUNDS_ORDER": b"zksettle/funds/order",
    "FUNDS_TEXT": b"zksettle/funds/text",
    "EVENT": b"zksettle/event",
    "QUOTE": b"zksettle/quote",
    "PARAMETERS": b"zksettle/parameters",
    "EXPIRY": b"zksettle/expiry",
    "SIGNATURE_NONCE": b"zksettle/signature/nonce",
    "REPRESENTATION": b"zksettle/representation/challenge",
    "REPRESENTATION_NONCE": b"zksettle/representation/nonce",
    "CONVERSION": b"zksettle/conversion",
    "CEREMONY_CONTRIBUTION": b"zksettle/ceremony/contribution",
    "THRESHOLD_POSSESSION": b"zksettle/threshold/possession",
    "THRESHOLD_TRANSCRIPT": b"zksettle/threshold/transcript",
    "THRESHOLD_DECRYPTION": b"zksettle/threshold/decryption",
    "THRESHOLD_NONCE": b"zksettle/threshold/nonce",
    "THRESHOLD_BINDING": b"zksettle/threshold/binding",
    "GUARDIAN_CHANNEL": b"zksettle/guardian/channel",
    "GUARDIAN_DEALING": b"zksettle/guardian/dealing",
    "FARM_SEALING": b"zksettle/farm/sealing",
    "FARM_RESULT": b"zksettle/farm/result",
    "FARM_WORKER": b"zksettle/farm/worker",
    "FARM_PUBLIC": b"zksettle/farm/public-inputs",
    "FARM_KEY": b"zksettle/farm/key-contents",
    "FARM_FINGERPRINT": b"zksettle/farm/fingerprint",
    "NET_RECEIPT": b"zksettle/net-receipt",
    "ADDRESS": b"zksettle/address",
    "ADDRESS_BASE": b"zksettle/base-of-address",
    "FINGERPRINT": b"zksettle/fingerprint-of-address",
    "REQUEST": b"zksettle/request",
    "WORK": b"zksettle/work",
    "SEALING": b"zksettle/sealing",
    "EPHEMERAL": b"zksettle/ephemeral",
    "LETTER": b"zksettle/letter/sealing",
    "LETTER_EPHEMERAL": b"zksettle/letter/ephemeral",
    "LETTER_TAG": b"zksettle/letter/tag",
    "VIEW_TAG": b"zksettle/view-tag",
    "BLINDING": b"zksettle/blinding",
    "RERANDOMISED": b"zksettle/re-randomised",
    "KEYS": b"zksettle/keys",
    "KEYS_VIEWING": b"viewing",
    "KEYS_SPENDING": b"spending/",
    "KEYS_NULLIFIER": b"nullifier/",
    "KEYS_ARCHIVE": b"archive",
    "KEYS_BESIDE": b"beside/",
    "KEYS_BLINDING": b"blinding/",
}


def tags_spelled_in(source: str) -> list[str]:
    """Byte strings in a source that begin like a tag, and calls of `hash` whose tag is a number."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, bytes):
            if node.value.startswith((b"zksettle/", *STRINGS)):
                found.append(ast.unparse(node))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "hash" and len(node.args) > 1:
            if isinstance(node.args[-1], ast.Constant):
                found.append(ast.unparse(node))
    return found


def test_tags_never_change():
    assert TAGS == AGREED


def test_all_tags_are_different():
    assert len(set(TAGS.values())) == len(TAGS)
    assert 0 not in TAGS.values(), "tag 0 is circomlib's"


def test_no_tag_is_a_prefix_of_another():
    assert [(a, b) for a, b in itertools.permutations(STRINGS, 2) if b.startswith(a)] == []


def test_tags_are_spelled_in_one_module():
    spelled = {path: tags_spelled_in(path.read_text("utf-8")) for path in SOURCES if path != DOMAINS}
    assert {str(path.relative_to(ROOT)): found for path, found in spelled.items() if found} == {}


def test_a_tag_spelled_elsewhere_is_noticed():
    assert tags_spelled_in('salt = b"zksettle/keys"') and tags_spelled_in("poseidon.hash((1, 2), 5)")
    assert not tags_spelled_in('hash(inputs, tag) + b"sealed"')
