"""Respondents by name: a checkpoint on this machine, or the address of an endpoint."""

from __future__ import annotations

from isogloss.models.checkpoints import locate
from isogloss.models.respondents.base import Respondent, RunSettings
from isogloss.models.respondents.endpoint import Endpoint, is_address
from isogloss.models.respondents.local import LocalRespondent


def open_respondent(name: str, settings: RunSettings | None = None) -> Respondent:
    """A respondent by name.

    Parameters
    ----------
    name : str
        A checkpoint, as `isogloss.models.locate` takes it; or the address of an endpoint that speaks as OpenAI's do,
        with the model's name after a `#`: `http://localhost:8000/v1#NAME`.
    settings : RunSettings, optional

    Raises
    ------
    BadFile, BadValue
        If there is no such checkpoint, or an address cannot be used.

    Notes
    -----
    A key for an endpoint is read from the environment, `ISOGLOSS_API_KEY_HOST_NAME` before `ISOGLOSS_API_KEY`, and
    never written anywhere.
    """
    settings = settings or RunSettings()
    if is_address(name):
        return Endpoint.read(name, settings)
    locate(name)
    return LocalRespondent(name, settings)
