"""A few weights of a model that are learnt while all others stay. Imported only once torch is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.utils.parametrize import register_parametrization


class Ticket(nn.Module):
    """What is added to some places of a tensor.

    Parameters
    ----------
    places : numpy.ndarray of int
        In the flattened tensor.
    """

    def __init__(self, places: np.ndarray[Any, Any]):
        super().__init__()
        self.register_buffer("places", torch.from_numpy(places), persistent=False)
        self.ticket = nn.Parameter(torch.zeros(len(places)))

    def forward(self, weights: Any) -> Any:
        """The tensor with what is added."""
        return weights.flatten().index_add(0, self.places, self.ticket.to(weights.dtype)).view_as(weights)


def add_ticket(model: Any, ticket: Mapping[str, np.ndarray[Any, Any]]) -> None:
    """Let some weights of a model be learnt, by the names of their tensors and their places in them."""
    for name, places in ticket.items():
        module, _, tensor = name.rpartition(".")
        register_parametrization(model.get_submodule(module), tensor, Ticket(places))
