"""The formats that no other beats, by comparing all pairs."""

import math

from hypothesis import given
from hypothesis import strategies as st

from precisionlab.analysis.quantization.fronts import Point, front_of, pareto

points = st.lists(st.tuples(st.floats(1, 16), st.floats(-5, 60) | st.just(math.inf)), max_size=12)


@given(points)
def test_the_front_is_what_no_other_format_beats(drawn: list[tuple[float, float]]) -> None:
    """By comparing all pairs: a point is on it unless another one is no worse in both and better in one."""
    named = [Point(str(i), bits, sqnr) for i, (bits, sqnr) in enumerate(drawn)]
    front = front_of(named)
    kept = {(one.bits, one.sqnr_db) for one in front}
    for one in named:
        is_beaten = any(
            other.bits <= one.bits
            and other.sqnr_db >= one.sqnr_db
            and (other.bits, other.sqnr_db) != (one.bits, one.sqnr_db)
            for other in named
        )
        assert ((one.bits, one.sqnr_db) in kept) != is_beaten
    assert [one.bits for one in front] == sorted(kept_bits := [one.bits for one in front])
    assert len(set(kept_bits)) == len(front)


@given(points)
def test_the_picture_has_every_point(drawn: list[tuple[float, float]]) -> None:
    """Joined ones on the front, the others off it; no group is empty."""
    named = [Point(str(i), bits, sqnr) for i, (bits, sqnr) in enumerate(drawn)]
    groups = pareto("title", named).groups
    assert sorted(name for group in groups for name in group.names) == sorted(one.name for one in named)
    assert all(group.names for group in groups)
    assert [group.is_joined for group in groups] == [True, False][: len(groups)]
