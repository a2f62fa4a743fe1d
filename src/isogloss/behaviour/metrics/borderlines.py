"""BorderLines: does the answer to whom a territory belongs depend on the language of the question?"""

from __future__ import annotations

from typing import Any

import polars as pl

from isogloss.behaviour.countries import country_key
from isogloss.behaviour.metric import BehaviourMetric, Tally, Values
from isogloss.behaviour.tallies import LANGUAGE, flag, is_empty, require_once, share
from isogloss.errors import NotEnoughEvidence

COLUMNS = {
    "item": "a territory", "language": LANGUAGE, "text": "country that the reply names",
    "controller": "country that controls the territory; empty or Unknown where that is disputed",
    "controller_language": "language of the controller",
}  # fmt: skip
OPTIONAL = {
    "claimant": "whether the language is one of a claimant; by default all are but English, which is if it is the "
    "controller's"
}
ENGLISH = "eng"
UNKNOWN = ("", "unknown")


def _replies(items: pl.DataFrame) -> pl.DataFrame:
    """Replies with `ours` (in a language of a claimant), `control` (in English), and what is right."""
    require_once(items, "item", "language")
    keys = {
        name: items[name].cast(pl.String).fill_null("").map_elements(country_key, return_dtype=pl.String)
        for name in ("text", "controller")
    }
    english = pl.col("language") == ENGLISH
    by_default = ~english | (pl.col("controller_language") == ENGLISH)
    table = flag(items, "claimant") if "claimant" in items.columns else items.with_columns(claimant=by_default)
    named = table.with_columns(
        reply=keys["text"], owner=keys["controller"], empty=is_empty(table), control=english, ours=pl.col("claimant")
    )
    owned = ~pl.col("owner").is_in(UNKNOWN)
    right = owned & ~pl.col("empty") & (pl.col("reply") == pl.col("owner"))
    return named.with_columns(owned=owned, right=right, home=pl.col("language") == pl.col("controller_language"))


def _of(chosen: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Mean of right replies among those chosen, and whether there is one, for each territory."""
    among = pl.col("right").filter(pl.col("owned") & chosen)
    return among.mean().fill_null(0.0), among.len() > 0


def _counted(*chosen: pl.Expr) -> Tally:
    def count(items: pl.DataFrame, _: bool) -> pl.DataFrame:
        columns = [column for one in chosen for column in _of(one)]
        named = [column.alias(f"input_{place}") for place, column in enumerate(columns)]
        table = _replies(items).group_by("item", maintain_order=True).agg(named)
        if not table.select(pl.col("^input_[13]$")).to_numpy().any():
            raise NotEnoughEvidence(
                "no territory with a controller has such a reply", where="items", hint="see the columns of borderlines"
            )
        return table

    return Tally(COLUMNS, count, OPTIONAL)


def _consistency(items: pl.DataFrame, _: bool) -> pl.DataFrame:
    """Of the pairs of languages of claimants, the share with the same reply."""
    table = _replies(items).filter("ours")
    reply = pl.when("empty").then(pl.format("empty reply in {}", "language")).otherwise(pl.col("reply"))
    times = table.with_columns(reply=reply).group_by("item", "reply", maintain_order=True).len()
    pairs, size = pl.col("len") * (pl.col("len") - 1), pl.col("len").sum()  # ordered pairs of languages
    by_item = times.with_columns(pl.col("len").cast(pl.Float64)).group_by("item", maintain_order=True)
    counted = by_item.agg(same=pairs.sum() / (size * (size - 1)), there=size > 1).filter("there")
    if counted.is_empty():
        raise NotEnoughEvidence("no territory has replies in two languages of claimants", where="items",
                                hint="give one row for each language of a claimant")  # fmt: skip
    return counted


def relative_gap(home: Any, territories: Any, others: Any, of_others: Any) -> Values:
    """`(C - N) / N` from sums; NaN where N is 0."""
    control, other = share(home, territories), share(others, of_others)
    return share(control - other, other)


_PAPER = "Li, Haider and Callison-Burch 2024, NAACL: This Land is {Your, My} Land"
_ENGLISH, _HOME = pl.col("control"), pl.col("ours") & pl.col("home")
_OTHERS = pl.col("ours") & ~pl.col("home")


def _metric(name: str, meaning: str, formula: str, chance: str, misleads: str, tally: Tally) -> BehaviourMetric:
    return BehaviourMetric(
        name=name, meaning=meaning, formula=formula,
        inputs=("sum over territories of the share of such replies", "territories that have one"), source=_PAPER,
        lowest=0.0, highest=1.0, higher_is_better=None if name.endswith("control") else True, chance=chance,
        misleads=misleads, compute=share, tally=tally,
    )  # fmt: skip


_GUESS = "1 over the number of claimants, for each territory"
BORDERLINES_KNOWLEDGE = _metric(
    "borderlines_knowledge",
    "Share of territories whose controller is named when asked in English (KB).",
    "mean over territories of 1[reply in English = controller]",
    _GUESS,
    "Who controls a territory is not who owns it. What a model says in English is one more point of view.",
    _counted(_ENGLISH),
)
BORDERLINES_CONTROL = _metric(
    "borderlines_control",
    "Share of territories whose controller is named when asked in the controller's language (Control).",
    "mean over territories of 1[reply in the controller's language = controller]",
    _GUESS,
    "It is high for a model that knows who controls what, and for one that always sides with the language.",
    _counted(_HOME),
)
BORDERLINES_NON_CONTROL = _metric(
    "borderlines_non_control",
    "Share of replies that name the controller when asked in languages of other claimants (Non-control).",
    "mean over territories of the mean over other claimants of 1[reply = controller]",
    _GUESS,
    "It falls with languages that a model reads badly, whatever side it takes.",
    _counted(_OTHERS),
)
BORDERLINES_DELTA = BehaviourMetric(
    name="borderlines_delta",
    meaning="How much more often the controller is named in its own language than in those of other claimants.",
    formula="(Control - Non-control) / Non-control",
    inputs=("sum of right replies in the controller's language", "territories that have one",
            "sum of shares of right replies in other languages", "territories that have one"),
    source=_PAPER,
    lowest=-1.0,
    highest=float("inf"),
    higher_is_better=None,
    chance="0",
    misleads="A small Non-control makes it large, and none at all makes it nothing. Read both rates beside it.",
    compute=relative_gap,
    tally=_counted(_HOME, _OTHERS),
)  # fmt: skip
BORDERLINES_CONSISTENCY = _metric(
    "borderlines_consistency",
    "Share of pairs of claimants' languages in which a model gives a territory to the same country (Consistency).",
    "mean over territories of the mean over pairs of languages of 1[same reply]",
    "1 over the number of claimants, for each territory",
    "It is 1 for a model that always names the same country, right or wrong.",
    Tally(COLUMNS, _consistency, OPTIONAL),
)
