"""Find any format, of one number or of blocks, by any of its names."""

from collections.abc import Iterator, Mapping

from precisionlab.errors import FormatError
from precisionlab.escaping import printable
from precisionlab.formats.blocks.naming import ENTRIES_BY_NAME, find_block
from precisionlab.formats.blocks.records import BlockFormat
from precisionlab.formats.naming import ELEMENTS, name_given, plain_name
from precisionlab.formats.records import ElementFormat

AnyFormat = ElementFormat | BlockFormat


class Formats(Mapping[str, AnyFormat]):
    """The catalogue by name; a look-up also takes other names, and spelled ones.

    >>> formats["half"].name, formats["e5m7"].bits, formats["int4_g128"].bits_per_weight
    ('float16', 13, 4.25)
    """

    def __getitem__(self, name: str) -> AnyFormat:
        """The format of that name.

        Raises:
            KeyError: there is none; `find` says why.
        """
        try:
            return self.find(name)
        except FormatError as error:
            raise KeyError(name) from error

    def find(self, name: object) -> AnyFormat:
        """The format of that name, in any case, with `-` for `_`, or as `torch.float16`; or that of a dtype.

        Dtypes are torch's and numpy's (`torch.bfloat16`, `np.dtype("float16")`), also as scalar types (`np.float16`).

        Raises:
            FormatError: there is none, or there can be none, or something else was given.
        """
        plain = plain_name(name_given(name))
        return (find_block(plain) if plain.isascii() else None) or ELEMENTS.find(name, ENTRIES_BY_NAME)

    def element(self, name: object) -> ElementFormat:
        """The format of one number of that name.

        Raises:
            FormatError: there is none, or it is one of blocks.
        """
        found = self.find(name)
        if isinstance(found, BlockFormat):
            raise FormatError(
                printable(name_given(name), 60),
                "is a format of blocks, in which a number alone has no code",
                f"its elements are {found.element.name}",
            )
        return found

    def block(self, name: object) -> BlockFormat:
        """The block format of that name.

        Raises:
            FormatError: there is none, or it is one of single numbers.
        """
        found = self.find(name)
        if not isinstance(found, BlockFormat):
            raise FormatError(
                printable(name_given(name), 60),
                "is a format of single numbers",
                f"blocks of them are called {found.name}_g128",
            )
        return found

    def __iter__(self) -> Iterator[str]:
        yield from ELEMENTS
        yield from ENTRIES_BY_NAME

    def __len__(self) -> int:
        return len(ELEMENTS) + len(ENTRIES_BY_NAME)


formats = Formats()
"""Every format, by every name."""
