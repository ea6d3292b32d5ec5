"""A dataclass comes back from its JSON, and every value of another type or range is refused by its path."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, NewType

import pytest

from zk.errors import FormatError
from zk.formats import dataclassjson

Height = NewType("Height", int)


@dataclass(frozen=True)
class Inner:
    """A part that checks itself."""

    size: Annotated[int, dataclassjson.integer(0, 9)]
    label: str | None

    def __post_init__(self) -> None:
        if self.label == "":
            raise FormatError("the label is empty")


@dataclass(frozen=True)
class Outer:
    """One field of every kind."""

    kind: Literal["outer", 2]
    is_open: bool
    height: Height
    seconds: float
    digest: Annotated[bytes, dataclassjson.hexadecimal(2)]
    data: bytes
    amount: Annotated[int, dataclassjson.decimal(-5, 100)]
    pair: tuple[int, str]
    name: Annotated[str, dataclassjson.text("[a-z]+", "a name")]
    inner: Inner
    inners: tuple[Inner, ...]
    few: Annotated[tuple[int, ...], dataclassjson.array(dataclassjson.integer(0, 1), 1, 2)]
    files: dict[str, bytes]


WHOLE = Outer(
    "outer", True, Height(7), 0.5, b"\x01\xff", b"", -5, (1, "a"), "x", Inner(9, None), (Inner(0, "l"),), (0, 1),
    {"f": b"\x02"},
)  # fmt: skip
DOCUMENT = {
    "kind": "outer", "is_open": True, "height": 7, "seconds": 0.5, "digest": "01ff", "data": "", "amount": "-5",
    "pair": [1, "a"], "name": "x", "inner": {"size": 9, "label": None}, "inners": [{"size": 0, "label": "l"}],
    "few": [0, 1], "files": {"f": "02"},
}  # fmt: skip


def test_a_dataclass_comes_back_from_its_json():
    assert dataclassjson.write(WHOLE) == DOCUMENT and list(dataclassjson.write(WHOLE)) == list(DOCUMENT)
    assert dataclassjson.read(Outer, DOCUMENT, "the file") == WHOLE


WRONG: list[tuple[str, Any, str]] = [
    ("kind", "inner", "kind is not 'outer' or 2"),
    ("kind", 2.0, "kind is not 'outer' or 2"),
    ("is_open", "false", "is_open is not true or false"),
    ("is_open", 1, "is_open is not true or false"),
    ("height", "12", "height is not an integer"),
    ("height", True, "height is not an integer"),
    ("height", None, "height is not an integer"),
    ("seconds", 1, "seconds is not a finite number with a point"),
    ("seconds", float("nan"), "seconds is not a finite number with a point"),
    ("digest", "01FF", "digest is not a string of pairs of hexadecimal digits"),
    ("digest", "01ff00", "digest has 6 hexadecimal digits instead of 4"),
    ("data", "0", "data is not a string of pairs of hexadecimal digits"),
    ("data", 0, "data is not a string of pairs of hexadecimal digits"),
    ("amount", -5, "amount is not a decimal number written as a string"),
    ("amount", "05", "amount is not a decimal number written as a string"),
    ("amount", "-0", "amount is not a decimal number written as a string"),
    ("amount", "100", "amount is out of range: it must be at least -5 and below 100"),
    ("amount", "-6", "amount is out of range: it must be at least -5 and below 100"),
    ("pair", [1], "pair is not an array of 2 elements"),
    ("pair", [1, 2], r"pair\[1\] is not a string"),
    ("name", "X", "name is not a name"),
    ("name", "x\n", "name is not a name"),
    ("inner", [], "inner is not an object"),
    ("inner", {"size": 10, "label": None}, "inner.size is not an integer from 0 to 9"),
    ("inner", {"size": 9}, "inner.label is missing"),
    ("inner", {"size": 9, "label": None, "more": 1}, "inner has an unknown field 'more'"),
    ("inner", {"size": 9, "label": ""}, "inner: the label is empty"),
    ("inners", {}, "inners is not an array"),
    ("inners", [{"size": 0, "label": "l"}, {"size": 0, "label": 1}], r"inners\[1\].label is not a string"),
    ("few", [], "few has 0 elements, and 1 to 2 are allowed"),
    ("few", [0, 0, 0], "few has 3 elements, and 1 to 2 are allowed"),
    ("few", [2], r"few\[0\] is not an integer from 0 to 1"),
    ("files", [], "files is not an object"),
    ("files", {"f": 1}, r"files\['f'\] is not a string of pairs of hexadecimal digits"),
]


@pytest.mark.parametrize("field, value, complaint", WRONG)
def test_a_value_of_another_type_or_range_is_refused_by_its_path(field, value, complaint):
    with pytest.raises(FormatError, match=f"^the file: {complaint}$"):
        dataclassjson.read(Outer, {**DOCUMENT, field: value}, "the file")


@pytest.mark.parametrize("document, complaint", [
    ([], "^the file is not an object$"),
    ({**DOCUMENT, "other": 1}, "^the file has an unknown field 'other'$"),
    ({name: value for name, value in DOCUMENT.items() if name != "data"}, "^the file: data is missing$"),
])
def test_missing_and_unknown_fields_are_refused(document, complaint):
    with pytest.raises(FormatError, match=complaint):
        dataclassjson.read(Outer, document, "the file")


def test_a_field_with_a_default_is_not_optional():
    @dataclass(frozen=True)
    class WithDefault:
        size: int = 1

    with pytest.raises(FormatError, match="size is missing"):
        dataclassjson.read(WithDefault, {}, "it")


def test_a_path_goes_on_from_a_path():
    with pytest.raises(FormatError, match="^public.inner.size is not"):
        dataclassjson.read(Outer, {**DOCUMENT, "inner": {"size": 10, "label": None}}, "public")
    with pytest.raises(FormatError, match="^the file: public.inner.size is not"):
        dataclassjson.read(Outer, {**DOCUMENT, "inner": {"size": 10, "label": None}}, "the file: public")


def test_an_instance_that_does_not_fit_its_types_is_still_written_as_it_is():
    assert dataclassjson.write(replace(WHOLE, amount=7))["amount"] == "7"


@pytest.mark.parametrize("hint", [object, Any, int | str, list[int], dict[int, int]])
def test_a_type_without_a_codec_is_a_mistake_of_ours(hint):
    with pytest.raises(TypeError, match="has no codec"):
        dataclassjson.of(hint)
