"""Estimators by scikit-learn's conventions, without loading scikit-learn: it takes longer than a small forecast."""

from __future__ import annotations

import copy
import inspect
from typing import Any, Self


class Estimator:
    """An estimator whose constructor stores its parameters under their own names, and does nothing else.

    `sklearn.base.clone`, pipelines and searches take it for one of theirs: it has the same methods as
    `sklearn.base.BaseEstimator`.
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters of the constructor by name.

        Parameters
        ----------
        deep : bool, default True
            Also those of parameters that are estimators, as `name__parameter`.
        """
        values: dict[str, Any] = {}
        for name in _parameters(type(self)):
            value = getattr(self, name)
            if deep and _is_estimator(value):
                values |= {f"{name}__{inner}": held for inner, held in value.get_params().items()}
            values[name] = value
        return values

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters; `name__parameter` sets one of a parameter that is an estimator.

        Raises
        ------
        ValueError
            If the constructor has no such parameter.
        """
        names = sorted(_parameters(type(self)))
        for key, value in parameters.items():
            name, nested, inner = key.partition("__")
            if name not in names:
                raise ValueError(f"Invalid parameter {name!r} for estimator {self}. Valid parameters are: {names!r}.")
            if nested:
                getattr(self, name).set_params(**{inner: value})
            else:
                setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        given = [
            f"{name}={getattr(self, name)!r}"
            for name, parameter in _parameters(type(self)).items()
            if repr(getattr(self, name)) != repr(parameter.default)
        ]
        return f"{type(self).__name__}({', '.join(given)})"

    def __sklearn_tags__(self) -> Any:
        from sklearn.base import BaseEstimator

        return BaseEstimator.__sklearn_tags__(self)


def clone(estimator: Any) -> Any:
    """An estimator with the same parameters that has learnt nothing; also of an estimator of scikit-learn."""
    if hasattr(estimator, "__sklearn_clone__"):
        return estimator.__sklearn_clone__()
    values = estimator.get_params(deep=False)
    return type(estimator)(
        **{name: clone(value) if _is_estimator(value) else copy.deepcopy(value) for name, value in values.items()}
    )


def _parameters(kind: type) -> dict[str, inspect.Parameter]:
    constructor = kind.__init__  # type: ignore[misc]
    if constructor is object.__init__:
        return {}
    return dict(list(inspect.signature(constructor).parameters.items())[1:])


def _is_estimator(value: Any) -> bool:
    return hasattr(value, "get_params") and not isinstance(value, type)
