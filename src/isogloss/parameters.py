"""Things with parameters that files name: recipes, translators, aligners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, Self, TypeVar

from annotated_types import Ge, Gt

from isogloss.errors import BadValue
from isogloss.registry import Registry

Count = Annotated[int, Gt(0)]
Positive = Annotated[float, Gt(0)]
NotNegative = Annotated[float, Ge(0)]


@dataclass(frozen=True)
class Parameterized:
    """A frozen dataclass of plain values, which its annotations check; its fields are its parameters.

    Attributes
    ----------
    name : str
        Name in its registry.
    unlabelled : tuple of str
        Parameters that neither label nor identity tell, because something else does.
    """

    name: ClassVar[str]
    unlabelled: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        """Check every parameter, because they come from files."""
        from isogloss.config import check_fields

        check_fields(self)

    @classmethod
    def read(cls, parameters: Mapping[str, Any], *, where: str | None = None) -> Self:
        """One with the given parameters, the others at their defaults.

        Raises
        ------
        InputError
            If there is no such parameter, or it does not admit the value; all that is wrong is told at once.
        """
        from isogloss.config import build

        return build(cls, parameters, where)

    @property
    def parameters(self) -> dict[str, Any]:
        """Every parameter with its value."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Every parameter with its default."""
        factories = {one.name: one.default_factory for one in fields(cls)}
        return {one.name: factory() if callable(factory := factories[one.name]) else one.default for one in fields(cls)}

    @property
    def label(self) -> str:
        """The name, with the parameters that differ from their defaults: `ngram-logreg(C=1)`.

        Observations carry it, so that two settings are never taken for one.
        """
        return labelled(self.name, self.changed())

    def changed(self, *left_out: str) -> list[str]:
        """The parameters that differ from their defaults, written `name=value`."""
        defaults = self.defaults()
        return [
            f"{name}={_plain(value)}"
            for name, value in self.parameters.items()
            if name not in (*self.unlabelled, *left_out) and value != defaults[name]
        ]


Kind = TypeVar("Kind", bound=Parameterized)


def read_named(registry: Registry[type[Kind]], parameters: Mapping[str, Any]) -> Kind:
    """What a registry has under the `name` among some parameters, with the others.

    Raises
    ------
    BadValue, UnknownName
        If there is no name, no such entry, or no such parameter.
    """
    name, kind = parameters.get("name"), registry.kind
    if not isinstance(name, str):
        key, first = kind.rpartition(" ")[2], registry.names()[0]
        raise BadValue(f"{kind} has no name", hint=f'write {key} = {{ name = "{first}" }}')
    return registry.get(name).read({key: value for key, value in parameters.items() if key != "name"})


def labelled(name: str, parts: list[str]) -> str:
    """A name with what is told of it: `name(part,part)`."""
    return f"{name}({','.join(parts)})" if parts else name


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "+".join(f"{name}={_plain(inner)}" for name, inner in sorted(value.items()))
    return "+".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
