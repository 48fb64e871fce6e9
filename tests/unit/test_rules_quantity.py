"""Quantities as the API server reads and people write them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.model.rules.quantity import format_bytes, format_cores, parse_quantity


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("512Mi", 512 * 1024**2),
        ("1Gi", 1024**3),
        ("1.5Gi", 1536 * 1024**2),
        ("0.5", Fraction(1, 2)),
        (".5", Fraction(1, 2)),
        ("1.", 1),
        ("1e3", 1000),
        ("1E3", 1000),
        ("12E", 12 * 10**18),
        ("1E-3", Fraction(1, 1000)),
        ("100m", Fraction(1, 10)),
        ("1k", 1000),
        ("1M", 10**6),
        ("250000u", Fraction(1, 4)),
        ("100n", Fraction(1, 10**7)),
        ("-1Ki", -1024),
        (2, 2),
        (0.1, Fraction(1, 10)),
        ("0", 0),
    ],
)
def test_a_quantity_has_an_exact_value(written: str | float, value: Fraction) -> None:
    assert parse_quantity(written) == value


@pytest.mark.parametrize("written", ["", "Mi", "1 Gi", "1K", "1mi", "0x10", "1e", "1e999999999", "one", "1Gi1"])
def test_what_the_api_server_would_not_take_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="quantity"):
        parse_quantity(written)


def test_true_is_no_quantity() -> None:
    with pytest.raises(ValueError, match="not a quantity: True"):
        parse_quantity(True)  # noqa: FBT003 - the point of the test


@pytest.mark.parametrize(
    ("value", "text"), [(512 * 1024**2, "512Mi"), (1536 * 1024**2, "1.5Gi"), (0, "0"), (500, "500"), (2048, "2Ki")]
)
def test_memory_is_written_as_people_do(value: int, text: str) -> None:
    assert format_bytes(value) == text


@pytest.mark.parametrize(("value", "text"), [(Fraction(1, 4), "250m"), (Fraction(3, 2), "1.5"), (2, "2"), (0, "0")])
def test_processors_are_written_as_people_do(value: Fraction, text: str) -> None:
    assert format_cores(value) == text


@given(st.integers(0, 10**6), st.sampled_from(["", "m", "k", "M", "Ki", "Mi", "Gi"]))
def test_more_of_the_same_unit_is_more(number: int, suffix: str) -> None:
    assert parse_quantity(f"{number}{suffix}") < parse_quantity(f"{number + 1}{suffix}")
