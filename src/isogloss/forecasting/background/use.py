"""Which background forecasts may use: by default what ships, else the one that a question names, or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path

from isogloss.errors import InputError
from isogloss.forecasting.background.artefact import Background, read_background
from isogloss.forecasting.background.probe import Probe
from isogloss.forecasting.background.probe_file import read_probe

NONE = "none"
"""Instead of a file: forecast from the evidence alone."""

Named = str | Path | Background | None
_in_use: ContextVar[Named] = ContextVar("background", default=None)


@contextmanager
def use_background(background: Named = None, probe: str | Path | Probe | None = None) -> Iterator[None]:
    """Let all forecasters that name no background use this one.

    Parameters
    ----------
    background : str, Path, Background or None
        A file that `build_background` wrote, or `none`; None for the one that ships.
    probe : str, Path or Probe, optional
        A file for `isogloss.forecasting.read_probe`: how languages are aligned in the model that is asked about.

    Raises
    ------
    BadFile
        If a file is no background or no probe, or does not fit its checksum.
    InputError
        For a probe without a background.
    """
    if isinstance(background, str | Path) and background != NONE:
        background = read_background(background)
    if probe is not None:
        known = find_background(background)
        if known is None:
            hint = "leave out background='none', or the probe"
            raise InputError("a probe is read by what public evidence says of probes", where="probe", hint=hint)
        background = replace(known, probe=probe if isinstance(probe, Probe) else read_probe(probe))
    token = _in_use.set(background)
    try:
        yield
    finally:
        _in_use.reset(token)


def find_background(named: Named = None) -> Background | None:
    """The background that a forecaster uses; None where it may use none.

    Parameters
    ----------
    named : str, Path, Background or None
        What the forecaster was given; None for the one in use.

    Raises
    ------
    BadFile
    """
    chosen = _in_use.get() if named is None else named
    if isinstance(chosen, Background):
        return chosen
    return None if chosen == NONE else read_background(chosen)


def needed_background(named: Named, forecaster: str) -> Background:
    """The background of a forecaster that cannot do without.

    Raises
    ------
    InputError
    BadFile
    """
    background = find_background(named)
    if background is None:
        raise InputError(
            f"the forecaster '{forecaster}' needs one",
            where="background",
            hint="leave out background='none', or forecast with forecaster='default', which can do without",
        )
    return background


def background_key() -> str:
    """What tells the background in use from others: its checksums, `none`, or nothing for the one that ships."""
    chosen = _in_use.get()
    if not isinstance(chosen, Background):
        return str(chosen or "")
    return chosen.checksum + ("" if chosen.probe is None else chosen.probe.checksum)
