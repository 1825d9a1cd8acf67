"""How many terms a running sum does not notice, against a count over the reference's additions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.errors import UsageError
from precisionlab.summation import absorbed_by
from tests.summation.reference import FORMATS, Format, Numbers
from tests.summation.values import WORKING, array_of, rows, to_torch

by_working = pytest.mark.parametrize(
    ("array_type", "working"), WORKING, ids=[f"{array}-in-{working or 'its own'}" for array, working in WORKING]
)


def counted(values: Numbers, format_: Format) -> int:
    """Terms other than 0, after the first, that leave the sum of those before as it is."""
    terms = [format_.cast(value) for value in values]
    total, count = terms[0] if terms else 0.0, 0
    for term in terms[1:]:
        before, total = total, format_.add(total, term)
        count += term != 0 and total == before
    return count


@by_working
@settings(max_examples=20)
@given(data=st.data())
def test_counts_are_those_of_the_reference(array_type: str, working: str | None, data: st.DataObject) -> None:
    """Along either axis and of the whole array, of arrays and tensors, with infinities and NaN."""
    drawn = data.draw(rows(array_type))
    array, format_ = array_of(drawn, array_type), FORMATS[working or array_type]
    for given_ in (array, to_torch(array)):
        counts = absorbed_by(given_, axis=1, working=working)
        assert counts.dtype == np.int64
        assert counts.tolist() == [counted(row, format_) for row in drawn], drawn
        columns = list(zip(*drawn, strict=True))
        assert absorbed_by(given_, axis=-2, working=working).tolist() == [counted(row, format_) for row in columns]
        whole = absorbed_by(given_, working=working)
        assert whole.shape == ()
        assert whole == counted([number for row in drawn for number in row], format_)


def test_ones_are_absorbed_where_their_sum_stagnates() -> None:
    """By hand: of 5,000 ones, all after the first 2^p; none in a wider format; none of zeros."""
    ones = np.ones(5_000, np.float16)
    assert absorbed_by(ones) == 5_000 - 2**11
    assert absorbed_by(ones, working="bfloat16") == 5_000 - 2**8
    assert absorbed_by(ones, working="float32") == 0
    assert absorbed_by(np.zeros(10)) == 0


def test_many_columns_and_many_terms() -> None:
    """More columns than are counted side by side, and more terms than fit a cache: each column by itself."""
    random = np.random.default_rng(0)
    wide = np.ldexp(random.standard_normal((6, 1_100)), random.integers(-12, 12, (6, 1_100))).astype(np.float32)
    counts = absorbed_by(wide, axis=0, working="bfloat16")
    assert counts.tolist() == [counted(column, FORMATS["bfloat16"]) for column in wide.T.tolist()]
    assert absorbed_by(np.ones((3, 600_000), np.float32), axis=1, working="bfloat16").tolist() == [599_744] * 3


def test_shapes_of_counts() -> None:
    """That of the array without the axis; a number alone absorbs nothing, nor does what is empty."""
    cube = np.ones((2, 3, 4))
    assert [absorbed_by(cube, axis=axis).shape for axis in (0, 1, -1)] == [(3, 4), (2, 4), (2, 3)]
    assert absorbed_by(np.array(3.0)) == 0
    assert absorbed_by(np.ones((3, 0)), axis=1).tolist() == [0, 0, 0]
    assert absorbed_by(np.ones((0, 3)), axis=1).shape == (0,)
    with pytest.raises(UsageError, match="axis"):
        absorbed_by(cube, axis=3)
