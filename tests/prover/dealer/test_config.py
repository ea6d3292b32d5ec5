"""DESK.toml is read strictly: whatever is wrong is refused in one sentence that names it."""

import re

import pytest

from prover.dealer import config
from prover.rfq.answering import Limits
from tests.prover import pools
from zk.errors import FormatError

WHOLE = """
journal = "desk.journal"
firm = "2m"

[answers]
to_one = 7

[addresses]
acme = 3
bolt = 4

[[strategy]]
name = "spot"
kind = "two-sided"

[strategy.market.ETH]
size = "1 ETH"
spread = "0.4%"
most = "10 ETH"

[limits]
day = "100,000 USDC"

[limits.counterparty.acme]
order = "1,000 USDC"
"""


@pytest.fixture(scope="module")
def pool():
    return pools.make()


def read(tmp_path, pool, text: str):
    path = tmp_path / "DESK.toml"
    path.write_text(text)
    found = config.read(path, pool)
    found.sources.close()
    return found


def test_a_whole_file_is_read(tmp_path, pool):
    found = read(tmp_path, pool, WHOLE)
    assert found.journal == tmp_path / "desk.journal" and found.firm_ms == 120_000
    assert found.answers == Limits(7, Limits().to_all) and found.known == {3: "acme", 4: "bolt"}
    assert [name for name, _ in found.strategies] == ["spot"]
    assert found.limits.every.day == 10**5 * 10**6 * 10**9 and "acme" in found.limits.counterparties


def test_what_is_left_out_has_its_usual_value(tmp_path, pool):
    found = read(tmp_path, pool, WHOLE[WHOLE.index("[[strategy]]") : WHOLE.index("[limits]")])
    assert (found.journal, found.firm_ms, found.answers, found.known) == (None, None, Limits(), {})


WRONG = [  # what is written, instead of what                       how it is refused
    ('firm = "2m"', 'frim = "2m"', "DESK.toml has the unknown key 'frim'"),
    ('firm = "2m"', "firm = 2", "DESK.toml: firm is not a text in quotes"),
    ('firm = "2m"', 'firm = "2 minutes"', "DESK.toml: firm: '2 minutes' is not a length of time"),
    ('firm = "2m"', 'firm = "2h"', "DESK.toml: firm must be at most 60m"),
    ('firm = "2m"', 'firm = "2m"\nfirm = "3m"', "DESK.toml: cannot overwrite a value (at line 4"),
    ('firm = "2m"', 'firm = "2m', "DESK.toml: illegal character"),
    ("to_one = 7", "to_one = 0", "DESK.toml.answers: to_one must be from 1 to 100000"),
    ("to_one = 7", "to_on = 7", "DESK.toml.answers has the unknown key 'to_on'"),
    ("[answers]", "[answer]", "DESK.toml has the unknown key 'answer'"),
    ("acme = 3", "acme = true", "DESK.toml.addresses: acme is not a whole number"),
    ("bolt = 4", "bolt = 3", "DESK.toml.addresses: bolt has address 3, which acme has"),
    ("bolt = 4", "acme = 4", "DESK.toml: cannot overwrite a value"),
    ("[limits]", '[[strategy]]\nname = "spot"\nkind = "two-sided"\nmarket.BTC = {size = "1 BTC", spread = "1%", '
     'most = "1 BTC"}\n[limits]', "DESK.toml.strategy[1]: name 'spot' stands twice"),
    ("[[strategy]]", "[strategy]", "DESK.toml: strategy is not an array of tables"),
    ("[limits.counterparty.acme]", "[limits.counterparty.akme]", None),
    ('day = "100,000 USDC"', 'day = "100,000 ETH"', "DESK.toml.limits: day: '100,000 ETH' is not an amount of USDC"),
    ('size = "1 ETH"', "size = 1", "DESK.toml.strategy[0].market.ETH: size is not a text in quotes"),
]  # fmt: skip


@pytest.mark.parametrize("what, instead, why", WRONG)
def test_what_is_wrong_is_refused_in_a_sentence_that_names_it(tmp_path, pool, what, instead, why):
    assert what in WHOLE
    text = WHOLE.replace(what, instead)
    if why is None:
        read(tmp_path, pool, text)
        return
    with pytest.raises(FormatError, match=re.escape(why)):
        read(tmp_path, pool, text)


def test_a_desk_without_a_strategy_is_none(tmp_path, pool):
    with pytest.raises(FormatError, match="DESK.toml: strategy stands 0 times: a desk has from 1 to 64 of them"):
        read(tmp_path, pool, WHOLE[: WHOLE.index("[[strategy]]")])


def test_what_is_no_text_or_no_file_is_refused(tmp_path, pool):
    path = tmp_path / "DESK.toml"
    with pytest.raises(FormatError, match="cannot be read"):
        config.read(path, pool)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(FormatError, match="is not UTF-8"):
        config.read(path, pool)
    path.write_bytes(b"#" * (config.MAX_BYTES + 1))
    with pytest.raises(FormatError, match="is larger than"):
        config.read(path, pool)
