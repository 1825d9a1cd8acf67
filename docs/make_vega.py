"""Makes the library that draws the charts of the HTML report: `precisionlab/reports/page/vega.js`.

The package vl-convert-python, which holds Vega, Vega-Lite and vega-embed, makes one script of them.
The file is kept with the sources, so that a report needs nothing but precisionlab to be written.

    pip install vl-convert-python
    python docs/make_vega.py
"""

from importlib.metadata import version
from pathlib import Path

import vl_convert

TARGET = Path(__file__).parent.parent / "precisionlab" / "reports" / "page" / "vega.js"
PACKAGE = "vl-convert-python"
SNIPPET = "window.vegaEmbed = vegaEmbed;"


def header() -> str:
    """What the file holds, and under which licenses."""
    versions = {
        "Vega": vl_convert.get_vega_version(),
        "Vega-Lite": vl_convert.get_vegalite_versions()[-1],
        "vega-embed": vl_convert.get_vega_embed_version(),
    }
    held = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"/*! {held}; as bundled by {PACKAGE} {version(PACKAGE)} (docs/make_vega.py).\n"
        "BSD-3-Clause, Copyright 2013-2025 University of Washington Interactive Data Lab and contributors;\n"
        "holds parts of D3 (ISC, Copyright 2010-2024 Mike Bostock) and of TopoJSON (ISC, Mike Bostock);\n"
        "license texts stand in vega.LICENSE.txt beside this file. */\n"
    )


def bundle() -> str:
    """The whole script, its own names kept to itself. No `</script` and no comment is in it, so that it can stand in a page."""
    script = vl_convert.javascript_bundle(SNIPPET)
    if "</script" in script or "<!--" in script:
        raise SystemExit("the bundle holds what would end the script element of a page")
    return f"{header()}(() => {{\n{script}\n}})();\n"


if __name__ == "__main__":
    TARGET.write_text(bundle(), encoding="utf-8", newline="\n")
