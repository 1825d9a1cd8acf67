"""YAML that any reader takes the same way."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.recipes.exports.yaml_text import Yaml, emit, scalar

ANY_TEXT = st.text(st.characters()) | st.text(alphabet="'\"\\:#-\n\t {}[]&*!|>%@`,?yYnN0.~")
KEYS = ANY_TEXT.filter(lambda text: len(scalar(text)) <= 1024)
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(
        st.one_of(ANY_TEXT, st.integers(), st.booleans(), st.lists(ANY_TEXT), st.lists(st.integers())),
        lambda inner: st.dictionaries(KEYS, inner, max_size=4),
        max_leaves=8,
    ),
    max_size=5,
)


def test_a_document_has_these_lines() -> None:
    """Blocks for mappings and lists of texts, one line for the rest; words that YAML 1.1 takes for others are quoted."""
    document: dict[str, Yaml] = {
        "quant_stage": {
            "targets": ["lm_head", r"re:a\.(b|c)\Z", "it's: #1", "two\nlines", "\u00fc\U0001f600"],
            "block_structure": [128, 128],
            "symmetric": True,
            "num_bits": 4,
            "empty": {},
            "none": [],
        },
        "int4_g128:mse": "yes",
        "no": "",
    }
    assert list(emit(document)) == [
        "quant_stage:",
        "  targets:",
        "    - 'lm_head'",
        r"    - 're:a\.(b|c)\Z'",
        "    - 'it''s: #1'",
        r'    - "two\x0alines"',
        r'    - "\xfc\U0001f600"',
        "  block_structure: [128, 128]",
        "  symmetric: true",
        "  num_bits: 4",
        "  empty: {}",
        "  none: []",
        "'int4_g128:mse': 'yes'",
        "'no': ''",
    ]


@given(ANY_TEXT)
def test_quoted_texts_stand_for_themselves(text: str) -> None:
    """Single quotes are doubled and nothing else (YAML 1.2.2, 7.3.2); the escapes of double quotes are Python's too."""
    quoted = scalar(text)
    assert quoted.isascii()
    assert quoted.isprintable()
    read = ast.literal_eval(quoted) if quoted.startswith('"') else quoted[1:-1].replace("''", "'")
    assert read == text


@given(DOCUMENTS)
def test_pyyaml_reads_back_what_was_written(document: dict[str, Yaml]) -> None:
    """All texts, numbers and truth values, nested."""
    yaml = pytest.importorskip("yaml")
    assert (yaml.safe_load("\n".join(emit(document))) or {}) == document
