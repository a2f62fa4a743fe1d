"""A language: its canonical id and what is known about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan
from typing import TYPE_CHECKING

from isogloss.languages.iso639 import codes, macro_of

if TYPE_CHECKING:
    from isogloss.languages.uriel import Languoid
    from isogloss.languages.varieties import Variety


@dataclass(frozen=True, slots=True, order=True)
class Language:
    """A language in a script; two are equal if and only if their ids are.

    `Language("yor")` takes any way of writing it, as `isogloss.languages.resolve` does.

    Attributes
    ----------
    id : str
        Canonical id: the ISO 639-3 code, with `_` and the ISO 15924 script unless that is the default one. For a
        variety its glottocode or the id of the user's file in place of the code.
    iso639_3 : str
        The code alone. Groups of languages (`ber`) have their ISO 639-2 or 639-5 code here, varieties that of the
        language they belong to (their own where Glottolog knows none).
    script : str
        The script it is written in here, given or default.
    name : str
        English name.

    Raises
    ------
    UnknownLanguage
    """

    id: str
    iso639_3: str = field(default="", compare=False)
    script: str = field(default="", compare=False)
    name: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not self.script:
            from isogloss.languages.parse import resolve  # which makes languages

            known = resolve(self.id)
            for name in ("id", "iso639_3", "script", "name"):
                object.__setattr__(self, name, getattr(known, name))

    @property
    def code(self) -> str:
        """The id without its script."""
        return self.id.partition("_")[0]

    @property
    def parent(self) -> str | None:
        """Code of what a variety is a variety of; None for a language with a code of its own."""
        variety = self._variety()
        return variety.parent if variety else None

    @property
    def scope(self) -> str:
        """`individual`, `macrolanguage`, `collection`, `variety`, or `retired` for a code kept apart."""
        return codes().scopes.get(self.code, "variety")

    @property
    def macro(self) -> str | None:
        """Id of the macrolanguage it belongs to."""
        return macro_of(self.iso639_3)

    @property
    def members(self) -> tuple[str, ...]:
        """Ids of the languages a macrolanguage is made of; empty for others."""
        return codes().members.get(self.code, ())

    @property
    def glottocode(self) -> str | None:
        """Glottolog's code; for a macrolanguage that of its representative."""
        if (variety := self._variety()) is not None:
            return variety.glottocode
        found = self._languoid()
        return found.glottocode if found else None

    @property
    def family(self) -> tuple[str, ...]:
        """Names of its ancestors after Glottolog, from the family down; empty for an isolate and where unknown."""
        found = self._languoid()
        return found.path[:-1] if found else ()

    @property
    def latitude(self) -> float | None:
        """Degrees north of a point in the middle of where it is spoken."""
        found = self._languoid()
        return None if found is None or isnan(found.latitude) else found.latitude

    @property
    def longitude(self) -> float | None:
        """Degrees east of that point."""
        found = self._languoid()
        return None if found is None or isnan(found.longitude) else found.longitude

    def _languoid(self) -> Languoid | None:
        from isogloss.languages.typology import place_of  # needs numpy, which resolving does not

        return place_of(self.code)

    def _variety(self) -> Variety | None:
        if self.code in codes().names:
            return None
        from isogloss.languages.varieties import find

        return find(self.code)

    def __str__(self) -> str:
        return self.id
