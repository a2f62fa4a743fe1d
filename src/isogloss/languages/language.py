"""A language: its canonical id and what is known about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan
from typing import TYPE_CHECKING

from isogloss.languages.iso639 import codes, macro_of

if TYPE_CHECKING:
    from isogloss.languages.uriel import Languoid


@dataclass(frozen=True, slots=True, order=True)
class Language:
    """A language in a script; two are equal if and only if their ids are.

    Usually made by `isogloss.languages.resolve`, which takes any way of writing it.

    Attributes
    ----------
    id : str
        Canonical id: the ISO 639-3 code, with `_` and the ISO 15924 script unless that is the default one.
    iso639_3 : str
        The code alone. Groups of languages (`ber`) have their ISO 639-2 or 639-5 code here.
    script : str
        The script it is written in here, given or default.
    name : str
        English name.
    """

    id: str
    iso639_3: str = field(compare=False)
    script: str = field(compare=False)
    name: str = field(compare=False)

    @property
    def scope(self) -> str:
        """`individual`, `macrolanguage`, `collection`, or `retired` for a code kept apart from its successor."""
        return codes().scopes[self.iso639_3]

    @property
    def macro(self) -> str | None:
        """Id of the macrolanguage it belongs to."""
        return macro_of(self.iso639_3)

    @property
    def members(self) -> tuple[str, ...]:
        """Ids of the languages a macrolanguage is made of; empty for others."""
        return codes().members.get(self.iso639_3, ())

    @property
    def glottocode(self) -> str | None:
        """Glottolog's code; for a macrolanguage that of its representative."""
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
        from isogloss.languages.typology import languoid  # needs numpy, which resolving does not

        return languoid(self.iso639_3)

    def __str__(self) -> str:
        return self.id
