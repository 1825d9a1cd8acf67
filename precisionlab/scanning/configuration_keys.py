"""The keys of the configuration file, each declared once.

A shared key may stand at the top, for all commands that have it, or in the table of one of them, for that one alone;
any other stands in the table of its command.
"""

from collections.abc import Mapping
from types import MappingProxyType

from precisionlab.scanning.keys import Key, Kind

MOST_THREADS = 1024
SCANNING, COMPARING, TALKING = ("scan",), ("scan", "compare"), ("scan", "compare", "recipe")
MEASURING = (*TALKING, "open")
COLOURED = (*TALKING, "report", "formats", "inspect", "sum", "tolerance")
REPORT_FORMATS = ("text", "json", "jsonl", "markdown", "html", "csv", "sarif", "junit", "github")

SHARED = (
    Key(
        "analyzers", Kind.NAMES, "analyzers that run", ("range",), unset="those that run by default", commands=SCANNING
    ),
    Key("include", Kind.TEXTS, "globs of names of tensors", ("*.weight",), unset="all tensors", commands=COMPARING),
    Key("exclude", Kind.TEXTS, "globs of names of tensors that are left out", ("*.bias",), commands=COMPARING),
    Key(
        "formats",
        Kind.NAMES,
        "formats, for those named analyzers that take some",
        ("nvfp4",),
        unset="each one's own",
        commands=SCANNING,
    ),
    Key("sensitivity", Kind.PATH, "how much errors cost, by tensor", "fisher.safetensors", commands=TALKING),
    Key("calibration", Kind.PATH, "second moments of what layers are fed", "moments.safetensors", commands=COMPARING),
    Key("against", Kind.PATH, "another checkpoint, to compare with", "base.safetensors", commands=("scan", "open")),
    Key(
        "select", Kind.NAMES, "rules that count: codes or their beginnings", ("PL00",), unset="all", commands=COMPARING
    ),
    Key("ignore", Kind.NAMES, "rules that do not count: codes or their beginnings", ("PL012",), commands=COMPARING),
    Key(
        "fail-on",
        Kind.TEXT,
        "severity from which findings give exit code 1",
        "warning",
        default="error",
        choices=("note", "warning", "error", "never"),
        commands=COMPARING,
    ),
    Key("baseline", Kind.PATH, "earlier JSON report, whose findings do not count", "baseline.json", commands=SCANNING),
    Key("exit-zero", Kind.TRUTH, "exit with 0 whatever is found", example=True, default=False, commands=COMPARING),
    Key("format", Kind.TEXT, "what is printed", "json", "text", choices=REPORT_FORMATS, commands=SCANNING),
    Key("output", Kind.PATHS, "reports that are written, each its format by suffix", ("a.html",), commands=SCANNING),
    Key(
        "checksum", Kind.TRUTH, "tell the SHA-256 of files in reports", example=True, default=False, commands=COMPARING
    ),
    Key("quiet", Kind.TRUTH, "no progress, no notes, no text", example=True, default=False, commands=TALKING),
    Key("color", Kind.TEXT, "colours in text", "never", "auto", choices=("auto", "always", "never"), commands=COLOURED),
    Key("device", Kind.DEVICE, "what measures", "cpu", default="auto", commands=MEASURING),
    Key("memory", Kind.SIZE, "most bytes of a tensor held at once", "2GiB", default="512MiB", commands=MEASURING),
    Key(
        "threads",
        Kind.WHOLE,
        "threads that read and count; 0 for one a processor",
        4,
        default=0,
        minimum=0,
        maximum=MOST_THREADS,
        commands=MEASURING,
    ),
)
"""May stand at the top."""

TEXT_OR_JSON = Key("format", Kind.TEXT, "what is printed", "json", default="text", choices=("text", "json"))

OWN: Mapping[str, tuple[Key, ...]] = MappingProxyType(
    {
        "compare": (
            Key("analyzers", Kind.NAMES, "analyzers that run", ("difference",), unset="all that compare"),
            Key(
                "formats",
                Kind.NAMES,
                "formats, for those named analyzers that take some",
                ("bfloat16",),
                unset="each one's own",
            ),
            Key("baseline", Kind.PATH, "earlier JSON report, whose findings do not count", "compared.json"),
            Key("format", Kind.TEXT, "what is printed", "json", default="text", choices=REPORT_FORMATS),
            Key("output", Kind.PATHS, "reports that are written, each its format by suffix", ("compared.html",)),
            Key("metric", Kind.TEXTS, "globs of figures, of reports", ("sqnr*",), unset="all figures"),
        ),
        "report": (
            Key("to", Kind.NAMES, "formats of files beside the report", ("html", "md")),
            Key("output", Kind.PATHS, "files that are written, each its format by suffix", ("public/index.html",)),
            Key(
                "format",
                Kind.TEXT,
                "what is printed",
                "markdown",
                unset="text, unless files are written",
                choices=REPORT_FORMATS,
            ),
            Key(
                "fail-on",
                Kind.TEXT,
                "severity from which findings give exit code 1",
                "error",
                unset="exit with 0 whatever was found",
                choices=("note", "warning", "error", "never"),
            ),
        ),
        "recipe": (
            Key("bits", Kind.NUMBER, "budget in bits a weight", 4.5, minimum=0, maximum=1000, group="budget"),
            Key("size", Kind.SIZE, "budget in bytes of all tensors", "3GiB", group="budget"),
            Key("min-sqnr", Kind.NUMBER, "SQNR in dB to keep", 30, minimum=-1000, maximum=1000, group="budget"),
            Key(
                "objective",
                Kind.TEXT,
                "what is made least",
                "uniform",
                unset="total with sensitivity, else uniform",
                choices=("total", "worst", "uniform"),
            ),
            Key("formats", Kind.NAMES, "formats to choose from", ("nvfp4", "mxfp8_e4m3"), unset="what suits"),
            Key(
                "for",
                Kind.TEXT,
                "what is to run it",
                "torchao",
                unset="what the files of output are for",
                choices=("compressed-tensors", "torchao", "llama.cpp", "bitsandbytes"),
                destination="runtime",
            ),
            Key(
                "keep",
                Kind.TEXTS,
                'globs of names of tensors that stay; ["none"] for no tensor',
                ("*embed*", "lm_head*"),
                unset="embeddings, heads, norms, routers",
            ),
            Key("untied", Kind.TRUTH, "let matrices that runtimes join differ", example=True, default=False),
            Key("output", Kind.PATHS, "files for the recipe, each its kind by suffix", ("recipe.yaml",)),
            TEXT_OR_JSON,
        ),
        "open": (
            Key("theme", Kind.TEXT, "colours of the app", "textual-light", unset="the one chosen last"),
            Key("web", Kind.TRUTH, "serve the app to browsers on this machine", example=True, default=False),
            Key("port", Kind.WHOLE, "where it is served", 8080, default=8000, minimum=1, maximum=65535),
        ),
        "inspect": (
            Key("formats", Kind.NAMES, "formats that numbers are shown in", ("bf16", "e4m3fn"), unset="common ones"),
            Key(
                "rounding",
                Kind.TEXT,
                "direction of rounding",
                "toward-zero",
                default="nearest-even",
                choices=("nearest-even", "nearest-away", "toward-zero", "up", "down", "to-odd"),
            ),
            Key(
                "overflow",
                Kind.TEXT,
                "infinity or NaN, or the largest number",
                "saturate",
                default="ieee",
                choices=("ieee", "saturate"),
            ),
            TEXT_OR_JSON,
        ),
        "sum": (
            Key("methods", Kind.NAMES, "ways of summing", ("recursive", "kahan"), unset="see sum --help"),
            TEXT_OR_JSON,
        ),
        "tolerance": (
            Key(
                "failure",
                Kind.NUMBER,
                "how probably a right kernel may fail the test",
                1e-9,
                default=1e-6,
                minimum=0,
                maximum=1,
            ),
            Key(
                "outputs",
                Kind.WHOLE,
                "numbers that the test compares",
                65536,
                default=1 << 20,
                minimum=1,
                maximum=1 << 40,
            ),
            Key(
                "inputs",
                Kind.TEXT,
                "what the test draws from: N(0, 1) or U[0, 1]",
                "uniform",
                default="normal",
                choices=("normal", "uniform"),
            ),
            Key(
                "reference",
                Kind.TEXT,
                "float64 on the inputs that the kernel gets, or before they are rounded",
                "wide",
                default="same",
                choices=("same", "wide"),
            ),
            TEXT_OR_JSON,
        ),
    }
)
"""By the command in whose table they stand."""

AT_TOP: Mapping[str, Key] = MappingProxyType({key.name: key for key in SHARED})
COMMANDS = tuple(dict.fromkeys(command for key in SHARED for command in key.commands))
"""All that have keys: each shares one at least."""
TABLES = tuple(command for command in COMMANDS if command not in AT_TOP)
"""Those that may have a table: `formats` is a key."""


def keys_of(command: str) -> Mapping[str, Key]:
    """By name, the keys of a command: its own, and those that it shares; none of a command without."""
    shared = {key.name: key for key in SHARED if command in key.commands}
    return {**shared, **{key.name: key for key in OWN.get(command, ())}}
