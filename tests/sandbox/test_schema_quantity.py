"""Quantities, as a real API server reads them back."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.sandbox.schema.quantity import FORMAT, SUFFIX, parse


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0.5Gi", "512Mi"),
        ("1.5Gi", "1536Mi"),
        ("1500e3", "1500e3"),
        ("1e-3", "1e-3"),
        ("0.0001", "1m"),
        ("1234567890123", "1234567890123"),
        ("1023Ki", "1023Ki"),
        ("1024Mi", "1Gi"),
        ("1000m", "1"),
        ("0.5", "500m"),
        ("1.25", "1250m"),
        ("1000n", "1m"),
        ("0", "0"),
        ("-1", "-1"),
        ("1.5Ki", "1536"),
        ("0.3Ki", "307200m"),
        ("0.1Mi", "104857600m"),
        ("100000000000000000000", "100E"),
        ("+1", "+1"),
        ("64Gi", "64Gi"),
        ("2000", "2k"),
    ],
)
def test_a_resource_reads_back_in_canonical_form(written: str, read: str) -> None:
    assert str(parse(written).rounded_up()) == read


@pytest.mark.parametrize(
    ("text", "message"),
    [("", FORMAT), ("abc", FORMAT), ("1_0", FORMAT), ("1Zi", FORMAT), ("1e", SUFFIX), ("1kk", SUFFIX), ("1mi", SUFFIX)],
)
def test_what_is_no_quantity(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse(text)

    assert str(caught.value) == message


SUFFIXES = st.sampled_from(["m", "", "k", "M", "G", "Ki", "Mi", "Gi", "e3"])


@given(st.integers(0, 10**9), SUFFIXES)
def test_writing_it_down_loses_nothing(number: int, suffix: str) -> None:
    quantity = parse(f"{number}{suffix}")

    again = parse(str(quantity))

    assert again.value == quantity.value
    assert str(parse(str(again))) == str(again)


@given(st.fractions(0, 1000, max_denominator=10**6))
def test_rounding_up_is_to_the_next_thousandth(value: Fraction) -> None:
    rounded = parse(f"{float(value):.9f}").rounded_up().value

    assert (rounded * 1000).denominator == 1
    assert 0 <= rounded - Fraction(f"{float(value):.9f}") < Fraction(1, 1000)
