"""Menus with gains that are written down here, and every choice they allow."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import strategies as st

from isogloss.planning.budget.supply import Menu
from isogloss.planning.objectives import Objective


def make_menu(gains, costs, base) -> Menu:
    """From gains of shape (languages, levels, targets) and costs of shape (languages, levels); level 0 is nothing."""
    languages, levels, targets = gains.shape
    return Menu(
        tuple(f"l{place}" for place in range(languages)),
        tuple(f"t{place}" for place in range(targets)),
        np.asarray(base, dtype=float),
        np.repeat(np.arange(languages), levels),
        np.tile(np.arange(levels, dtype=float), languages),
        np.asarray(costs, dtype=float).ravel(),
        gains.reshape(-1, targets),
    )


def planted(seed: int, languages: int, levels: int, targets: int | None = None) -> Menu:
    """Own gains that saturate, and small gains or losses from the others."""
    chance = np.random.default_rng(seed)
    targets = languages if targets is None else targets
    amounts = np.r_[0.0, 2.0 ** np.arange(levels)]
    shape = 1 - np.exp(-amounts / chance.uniform(2, 20, (languages, 1)))
    gains = chance.normal(0, 0.01, (languages, levels + 1, targets)) * (amounts > 0)[None, :, None]
    for place in range(min(languages, targets)):
        gains[place, :, place] = chance.uniform(0.05, 0.4) * shape[place]
    costs = amounts * chance.uniform(0.5, 2, (languages, 1))
    return make_menu(gains, costs, chance.uniform(0.2, 0.6, targets))


def every_choice(menu: Menu):
    """All choices of one option for each language."""
    places = [np.flatnonzero(menu.owner == place) for place in range(len(menu.languages))]
    return [np.array(choice) for choice in product(*places)]


def enumerate_best(menu: Menu, objective: Objective, budget: float, floors) -> float | None:
    """The best value by trying all; None where no choice keeps budget and floors."""
    values = [
        objective.direction * objective.value(menu.scores(choice))
        for choice in every_choice(menu)
        if menu.cost(choice) <= budget + 1e-9 and (menu.scores(choice) >= floors - 1e-9).all()
    ]
    return None if not values else objective.direction * max(values)


@st.composite
def menus(draw):
    """Small menus: few languages, few levels, gains of either sign."""
    return planted(
        draw(st.integers(0, 10_000)), draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 4))
    )
