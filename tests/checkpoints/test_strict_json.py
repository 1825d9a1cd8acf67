"""JSON headers: as strict as the safetensors reference, and stricter on keys."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.checkpoints.strict_json import MAX_DEPTH, JsonError, parse_object

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), _VALUES), st.booleans())
def test_what_python_writes_is_read_back(value: dict[str, object], ensure_ascii: bool) -> None:
    """Any object, with characters escaped or not."""
    assert parse_object(json.dumps(value, ensure_ascii=ensure_ascii).encode()) == value


def _nested(depth: int) -> bytes:
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def test_nesting_is_taken_to_the_limit() -> None:
    """As deep as `MAX_DEPTH`, objects and lists alike."""
    assert parse_object(_nested(MAX_DEPTH))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b'{"a": 1', "is not valid JSON at character 7"),
        (b"", "is not valid JSON at character 0"),
        (b'{"a": 1} x', "is not valid JSON at character 9"),
        (b"{}\0", "is not valid JSON at character 2"),
        (b'{"a\tb": 1}', "is not valid JSON at character 3"),
        (b"\xef\xbb\xbf{}", "is not valid JSON"),
        (b'{"a\x80": 1}', "is not UTF-8 at byte 3"),
        (b"[]", "is not a JSON object"),
        (b'{"a": NaN}', "holds NaN, which is not JSON"),
        (b'{"a": -Infinity}', "holds -Infinity, which is not JSON"),
        (b'{"a": 1e999}', "holds a number out of range"),
        (b'{"a": ' + b"9" * 5000 + b"}", "holds a number with too many digits"),
        (b'{"a": -0, "b": ' + b"9" * 5000 + b"}", "holds a number with too many digits"),
        (b'{"a\x1b": 1, "b": 2, "a\x1b": 3}', "is not valid JSON"),
        (b'{"a\\u001b": 1, "b": 2, "a\\u001b": 3}', r"names the key a\\x1b twice"),
        (b'{"x": {"b": 2, "b": 2}}', "names the key b twice"),
        (b'{"\\ud800": 1}', "holds half a surrogate pair"),
        (b'{"a": ["\\udc00x"]}', "holds half a surrogate pair"),
        (_nested(MAX_DEPTH + 1), "is nested too deep"),
        (_nested(100_000), "is nested too deep"),
        (b"[" * 1_000_000, "is nested too deep"),
        (b'{"a":' * 1_000_000, "is nested too deep"),
    ],
    ids=lambda value: value[:20].decode("latin-1") if isinstance(value, bytes) else "",
)
def test_anything_else_is_refused_in_our_own_words(text: bytes, problem: str) -> None:
    """One clause that may be shown, whatever the parser said."""
    with pytest.raises(JsonError, match=f"^{problem}") as caught:
        parse_object(text)
    assert str(caught.value).isprintable()


def test_a_repeated_key_among_many_is_found_at_once() -> None:
    """The search for it takes linear time."""
    keys = ",".join(f'"{n}":0' for n in range(300_000))
    with pytest.raises(JsonError, match="names the key 299999 twice"):
        parse_object(f'{{{keys},"299999":1}}'.encode())


def test_surrogate_pairs_are_characters() -> None:
    """Python escapes what is beyond 16 bits as two halves."""
    assert parse_object(b'{"\\ud83d\\ude00": "\\ud83d\\ude00"}') == {"\U0001f600": "\U0001f600"}


def test_minus_zero_is_no_integer() -> None:
    """As in the reference, where `-0` is a float; zero and other negative numbers stay."""
    assert parse_object(b'{"a": [-0, 0, -1]}') == {"a": [0.0, 0, -1]}
    assert [type(n) for n in parse_object(b'{"a": -0, "b": 0}').values()] == [float, int]
