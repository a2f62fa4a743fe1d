"""LightGBM's library without its Python package, which loads scikit-learn and pandas.

The functions called are those of LightGBM's documented C API.
"""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np

from isogloss.forecasting.grid import Array

_FLOAT32, _FLOAT64, _INT32 = 0, 1, 2
_RESPONSES, _CONTRIBUTIONS = 0, 3
_BY_ROWS = 1
_ALL = -1
_FILES = {"win32": "lib_lightgbm.dll", "darwin": "lib_lightgbm.dylib"}


class BoosterError(Exception):
    """What LightGBM's library refuses, in its own words."""


class Booster:
    """Boosted trees: what `lightgbm.Booster` is, as far as forecasts need it."""

    def __init__(self) -> None:
        self._handle = ctypes.c_void_p()

    @classmethod
    def learn(
        cls,
        design: Array,
        response: Array,
        rounds: int,
        settings: Mapping[str, Any],
        groups: Sequence[int] | None = None,
    ) -> Self:
        """Learn trees.

        Parameters
        ----------
        design : array of shape (cells, features)
            NaN where a feature is missing.
        response : array of shape (cells,)
        rounds : int
            Number of trees.
        settings : mapping
            Parameters of LightGBM.
        groups : sequence of int, optional
            For ranking: how many cells belong to each list, one after the other.
        """
        booster, text = cls(), _text(settings)
        cells = np.ascontiguousarray(design, dtype=np.float64)
        data = ctypes.c_void_p()
        _call(
            "DatasetCreateFromMat", _pointer(cells), ctypes.c_int(_FLOAT64), ctypes.c_int32(cells.shape[0]),
            ctypes.c_int32(cells.shape[1]), ctypes.c_int(_BY_ROWS), text, None, ctypes.byref(data),
        )  # fmt: skip
        try:
            _set_field(data, b"label", np.ascontiguousarray(response, dtype=np.float32), _FLOAT32)
            if groups is not None:
                _set_field(data, b"group", np.ascontiguousarray(groups, dtype=np.int32), _INT32)
            _call("BoosterCreate", data, text, ctypes.byref(booster._handle))
            finished = ctypes.c_int(0)
            for _ in range(rounds):
                _call("BoosterUpdateOneIter", booster._handle, ctypes.byref(finished))
            return cls.read(str(booster))  # which lets go of the data
        finally:
            _call("DatasetFree", data)

    @classmethod
    def read(cls, text: str) -> Self:
        """Trees from LightGBM's own text.

        Raises
        ------
        BoosterError
        """
        booster = cls()
        _call("BoosterLoadModelFromString", text.encode(), ctypes.byref(ctypes.c_int(0)), ctypes.byref(booster._handle))
        return booster

    def __str__(self) -> str:
        size, length = 1 << 16, ctypes.c_int64(0)
        while True:
            buffer = ctypes.create_string_buffer(size)
            _call(
                "BoosterSaveModelToString", self._handle, ctypes.c_int(0), ctypes.c_int(_ALL), ctypes.c_int(0),
                ctypes.c_int64(size), ctypes.byref(length), buffer,
            )  # fmt: skip
            if length.value <= size:
                return buffer.value.decode()
            size = length.value

    @property
    def features(self) -> int:
        """How many features cells have."""
        count = ctypes.c_int(0)
        _call("BoosterGetNumFeature", self._handle, ctypes.byref(count))
        return count.value

    def predict(self, cells: Array) -> Array:
        """Responses to cells of shape (cells, features)."""
        return self._predict(cells, _RESPONSES, 1)[:, 0]

    def contributions(self, cells: Array) -> Array:
        """SHAP values of each feature, then the expected response, of shape (cells, features + 1)."""
        return self._predict(cells, _CONTRIBUTIONS, cells.shape[1] + 1)

    def _predict(self, cells: Array, kind: int, width: int) -> Array:
        cells = np.ascontiguousarray(cells, dtype=np.float64)
        values, length = np.empty((len(cells), width)), ctypes.c_int64(0)
        if len(cells):
            _call(
                "BoosterPredictForMat", self._handle, _pointer(cells), ctypes.c_int(_FLOAT64),
                ctypes.c_int32(cells.shape[0]), ctypes.c_int32(cells.shape[1]), ctypes.c_int(_BY_ROWS),
                ctypes.c_int(kind), ctypes.c_int(0), ctypes.c_int(_ALL), b"num_threads=1", ctypes.byref(length),
                _pointer(values),
            )  # fmt: skip
        return values

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return type(self).read, (str(self),)

    def __del__(self) -> None:
        if self._handle:
            _library().LGBM_BoosterFree(self._handle)


@cache
def _library() -> ctypes.CDLL:
    package = importlib.util.find_spec("lightgbm")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("No module named 'lightgbm'", name="lightgbm")
    folder, name = Path(package.origin).parent, _FILES.get(sys.platform, "lib_lightgbm.so")
    paths = (place / name for place in (folder.parent, folder / "bin", folder / "lib"))  # where LightGBM looks itself
    library = ctypes.CDLL(next((str(path) for path in paths if path.is_file()), name))
    library.LGBM_GetLastError.restype = ctypes.c_char_p
    return library


def _call(name: str, *arguments: Any) -> None:
    library = _library()
    if getattr(library, f"LGBM_{name}")(*arguments) != 0:
        raise BoosterError(library.LGBM_GetLastError().decode(errors="replace"))


def _set_field(data: ctypes.c_void_p, name: bytes, values: np.ndarray, kind: int) -> None:
    _call("DatasetSetField", data, name, _pointer(values), ctypes.c_int(len(values)), ctypes.c_int(kind))


def _pointer(values: np.ndarray) -> ctypes.c_void_p:
    return values.ctypes.data_as(ctypes.c_void_p)


def _text(settings: Mapping[str, Any]) -> bytes:
    return " ".join(f"{name}={_value(value)}" for name, value in settings.items()).encode()


def _value(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
