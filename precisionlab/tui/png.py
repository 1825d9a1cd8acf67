"""A view as PNG, through resvg, with a font that is there."""

import re

from precisionlab.errors import ReportError

MONOSPACED = ("DejaVu Sans Mono", "Liberation Mono", "Noto Sans Mono", "Menlo", "Consolas", "Courier New", "monospace")
"""The first of these that the system has; the fonts that Textual's drawings name would come from the web."""
FACES = re.compile(r"@font-face\s*\{[^}]*\}")
FAMILY = re.compile(r"font-family:\s*(?:Fira Code|arial)[^;]*;")
ZOOM = 1.5


def drawn(svg: str) -> bytes:
    """The drawing as a PNG file.

    Raises:
        ReportError: resvg is not installed, or no font is.
    """
    try:
        from resvg_py import svg_to_bytes  # noqa: PLC0415 - an extra
    except ImportError:
        raise ReportError("PNG", "needs resvg", "pip install 'precisionlab[png]', or save as .svg") from None
    if svg_to_bytes(svg_string=sample("M")) == svg_to_bytes(svg_string=sample("")):
        raise ReportError("PNG", "no font is installed to draw with", "install DejaVu Sans Mono, or save as .svg")
    return bytes(svg_to_bytes(svg_string=with_fonts(svg), zoom=ZOOM))


def with_fonts(svg: str) -> str:
    """The drawing with families that the system may have instead of those from the web."""
    families = ", ".join(f"'{name}'" if " " in name else name for name in MONOSPACED)
    return FAMILY.sub(f"font-family: {families};", FACES.sub("", svg))


def sample(text: str) -> str:
    """A drawing of one text."""
    return with_fonts(
        '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><style>text { font-family: Fira Code, monospace; }</style>'
        f'<text x="2" y="16">{text}</text></svg>'
    )
