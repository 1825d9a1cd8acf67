"""How patterns are written."""

import pytest

from precisionlab.analysis.notation import hex_pattern


@pytest.mark.parametrize(
    ("pattern", "bits", "expected"),
    [(0x3F80, 16, "0x3f80"), (1, 1, "0x1"), (5, 6, "0x05"), (0, 4, "0x0"), (1, 80, f"0x{'0' * 19}1")],
)
def test_patterns_have_the_digits_of_their_format(pattern: int, bits: int, expected: str) -> None:
    """Zeros in front, up to a multiple of four bits."""
    assert hex_pattern(pattern, bits) == expected
