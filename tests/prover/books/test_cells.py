"""Cells read as amounts, prices and times; a spreadsheet takes none of them for a formula."""

import csv
import io
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.books import cells
from prover.books.cells import Column, Money, Price, Table, Time
from tests.prover import pools

USDC = pools.make().assets[0]
COLUMNS = Column("time"), Column("bundle", is_shown=False), Column("what"), Column("amount", is_number=True)


def table(*rows):
    return Table(COLUMNS, rows)


def test_a_row_reads_well_for_people_and_exactly_for_programs():
    one = table((Time(1_800_000_000_000), "ab", "fee", Money(-1_500_250_000, USDC)))
    assert cells.shown(one) == (["time", "what", ">amount"], [["2027-01-15 08:00:00", "fee", "−1,500.25 USDC"]])
    assert cells.to_json(one) == [{
        "time": 1_800_000_000_000, "bundle": "ab", "what": "fee",
        "amount": {"asset": "USDC", "amount": "-1500250000"},
    }]  # fmt: skip
    assert cells.to_csv(one) == b"time,bundle,what,amount\r\n2027-01-15 08:00:00,ab,fee,-1500.25\r\n"


def test_a_column_in_which_nothing_stands_is_not_shown():
    assert cells.shown(table((None, "ab", "", Money(1, USDC))))[0] == [">amount"]


@pytest.mark.parametrize("price, text", [
    (Fraction(3000), "3000"), (Fraction(1, 3), "0.333333333"), (Fraction(5, 2 * 10**9), "0.000000002"),
    (Fraction(15, 10**10), "0.000000002"), (Fraction(-7, 2), "-3.5"),
])  # fmt: skip
def test_a_price_has_nine_decimals_at_most_rounded_half_to_even(price, text):
    assert cells.to_json(table((None, "", "", Price(price))))[0]["amount"] == text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "\n=1", "＝1"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    data = cells.to_csv(table((None, "", text, Money(-5, USDC)))).decode()
    line = next(csv.DictReader(io.StringIO(data, newline="")))
    assert line["what"] == "'" + text and line["amount"] == "-0.000005"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=5))
def test_every_text_is_read_again_from_the_file(texts):
    data = cells.to_csv(table(*((None, "", text, None) for text in texts)))
    assert data.count(b"\r\n") >= len(texts) + 1
    found = list(csv.reader(io.StringIO(data.decode(), newline="")))[1:]
    assert [row[2].removeprefix("'") for row in found] == [text.removeprefix("'") for text in texts]
