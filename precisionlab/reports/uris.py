"""Paths as URI references (RFC 3986)."""

from urllib.parse import quote


def uri_of(path: str) -> str:
    """A relative path as a relative reference, an absolute one as a `file` URI, percent-encoded.

    >>> uri_of("my models/a:b.safetensors"), uri_of("/data/100%.npy")
    ('my%20models/a%3Ab.safetensors', 'file:///data/100%25.npy')
    """
    return f"{'file://' if path.startswith('/') else ''}{quote(octets(path), safe='/')}"


def octets(path: str) -> bytes:
    """The path as the bytes that the file system has; what no path can hold, which only reports do, as its escape."""
    try:
        return path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return path.encode("utf-8", "backslashreplace")
