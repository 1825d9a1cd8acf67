"""A checkpoint whose names attack whatever shows them.

Every tensor holds one NaN, so that each name reaches the findings of each report.
"""

import numpy as np

from makers.raw_safetensors import RawTensor
from makers.words import stored

HOSTILE_NAMES = (
    "",
    " ",
    "ordinary.weight",
    "terminal.\x1b[31mred\x1b[0m",
    "terminal.clear\x1b[2J\x1b[H",
    "terminal.title\x1b]0;owned\x07",
    "terminal.link\x1b]8;;https://example.invalid\x1b\\click\x1b]8;;\x1b\\",
    "terminal.c1\x9b31mred\x9d0;owned\x9c",
    "control.nul\x00after",
    "control.bell\x07",
    "control.backspace\b\b\b\b\b\b\b\b\b\b\b\bfake",
    "control.delete\x7f",
    "line.feed\nerror: fake finding",
    "line.return\rfake: 0 findings",
    "line.tab\tcolumn",
    "line.separators\u0085\u2028\u2029after",
    "console.[bold red]loud[/bold red]",
    "console.[/]unbalanced",
    "console.[link=file:///etc/passwd]click[/link]",
    "console.\\[escaped",
    "html.<script>alert(1)</script>",
    "html.</script><script>alert(1)</script>",
    "html.<!--",
    "html.\"'><img src=x onerror=alert(1)>",
    "html.&lt;&#60;&amp;",
    "html.</style></title></textarea>",
    "markdown.|cell|`code`|**bold**|[x](javascript:alert(1))|![i](http://example.invalid/i.png)",
    "markdown.```\n# heading",
    "sheet.=HYPERLINK(0)",
    "=1+1",
    "path.../../etc/passwd",
    "/absolute/path.weight",
    "back\\slash\\u202e.weight",
    "format.{0} {name!r} %s %n $HOME `id` $(id)",
    "__proto__",
    "__class__.__init__",
    "bidi.\u202eevil\u202c",
    "bidi.\u2066isolate\u2069\u200f",
    "invisible.\u200b\u200c\u200d\u2060\ufeff\u00ad",
    "combining.a" + "\u0301\u0327\u0489" * 40,
    "wide.模型权重.層",
    "emoji.👩‍👩‍👧‍👦🏳️‍🌈",
    "lookalike.l\u0430yer.weight",
    "private.\ue000\U000f0000\U0010ffff",
    "decomposed.e\u0301",
    "decomposed.\u00e9",
    "digits.layers.\uff11\uff12.weight",
    "digits.layers.99999999999999999999999999.weight",
    "long." + "x" * 9_995,
    "long." + "a." * 4_997 + "b",
)
"""Every one is legal: JSON without lone surrogates."""

HOSTILE_METADATA = {
    "format": "pt",
    "terminal\x1b[31m": "\x1b]0;owned\x07",
    "<script>alert(1)</script>": "[bold red]</script><script>alert(1)</script>\u202e",
}


def hostile_tensors() -> dict[str, RawTensor]:
    """A 2 x 4 bfloat16 tensor of ones and one NaN under every name."""
    words = np.full((2, 4), 0x3F80, dtype=np.uint16)
    words[1, 2] = 0x7FC0
    return {name: stored("BF16", words) for name in HOSTILE_NAMES}
