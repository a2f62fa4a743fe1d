"""Amounts that a score may follow beyond the target's own examples, and the scores of a setting beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.errors import InputError, NotEnoughEvidence
from isogloss.evidence import SETTING, Evidence, TrainingMix
from isogloss.forecasting.curves.points import MixAmounts, similar
from isogloss.forecasting.curves.shapes import Cells
from isogloss.forecasting.features import web_text
from isogloss.forecasting.grid import Array
from isogloss.languages import resources


class Amount(NamedTuple):
    """Something that may vary.

    Attributes
    ----------
    unit : str
        What is counted, in words.
    carrier : tuple of str
        Columns of an observation that decide it.
    first : float
        What is added before the logarithm is taken: 1 for counts that may be 0.
    """

    unit: str
    carrier: tuple[str, ...]
    first: float = 1.0


MODEL, MIX, LANGUAGE = ("model", "model_revision"), ("train",), ("target",)
AMOUNTS = {
    "languages": Amount("training languages", MIX),
    "kin": Amount("examples of related languages", MIX),
    "parameters": Amount("parameters", MODEL, 0.0),
    "shots": Amount("shots", ("shots",)),
    "web-text": Amount("MiB of web text", LANGUAGE),
    "kin-text": Amount("MiB of web text of related languages", LANGUAGE),
}
"""What a law may be fitted in, by name. `kin` counts each example by its language's similarity to the target, and
`kin-text` each MiB in CC-100."""
BESIDE = {"own": "own examples", "all": "examples in all", **{name: amount.unit for name, amount in AMOUNTS.items()}}
"""Amounts that are held while one varies, and what they count."""
OF_RUNS, OF_LANGUAGES = ("all", "languages", "parameters", "shots"), ("web-text", "kin-text")
"""Amounts that are the same within a run, and within a language."""
TOGETHER = 0.98
"""Correlation with the amount that varies above which another one cannot be held."""
MOST_CELLS = 20_000
RUN = ("model", "model_revision", "shots", "train")


@dataclass(frozen=True)
class Table:
    """Scores beside their amounts, one row per model, number of shots, mix and language; seeds are averaged.

    Attributes
    ----------
    vary : str
        One of `AMOUNTS`.
    rows : polars.DataFrame
        `RUN`, `target`, `score`, and `amount`, the amount that varies.
    others : dict of str to array of shape (rows,)
        Other amounts that differ and can be held.
    moving : tuple of str
        Others that move with the one that varies, and so cannot.
    left_out : int
        Scores of which the amount is not known.
    """

    vary: str
    rows: pl.DataFrame
    others: dict[str, Array]
    moving: tuple[str, ...]
    left_out: int

    @classmethod
    def read(cls, evidence: Evidence, vary: str) -> Table:
        """From the observations of one setting but for what carries the amount.

        Raises
        ------
        InputError
            If they differ in more than that.
        NotEnoughEvidence
            If fewer than two different amounts were measured.
        """
        amount = AMOUNTS[vary]
        _check_one(evidence, amount)
        rows = evidence.observations.group_by(*RUN, "target", maintain_order=True).agg(pl.col("score").mean())
        values = _values(rows, evidence)
        known = np.isfinite(values[vary])
        rows, values = rows.filter(known), {name: value[known] for name, value in values.items()}
        if len(np.unique(values[vary])) < 2:
            raise NotEnoughEvidence(
                f"fewer than two different numbers of {amount.unit} were measured",
                where="evidence", hint=_HINTS.get(vary, "measure with one more"),
            )  # fmt: skip
        others, moving = _beside(vary, values)
        return cls(vary, rows.with_columns(amount=values[vary]), others, moving, int((~known).sum()))

    @property
    def amounts(self) -> Array:
        """Of shape (rows,)."""
        return self.rows["amount"].to_numpy()

    @property
    def of_languages(self) -> bool:
        """Whether the amount belongs to languages, and not to what was run."""
        return AMOUNTS[self.vary].carrier == LANGUAGE

    @property
    def groups(self) -> pl.Series:
        """What has a level of its own: the language, or the run where languages carry the amount."""
        return self._keys(RUN if self.of_languages else LANGUAGE)

    def dose(self, amounts: Array) -> Array:
        """The logarithm that shapes are functions of."""
        return np.log(np.asarray(amounts, dtype=float) + AMOUNTS[self.vary].first)

    def cells(self, scores: Array, target: str | None) -> Cells:
        """What shapes are fitted to; scores are on a line."""
        others = np.log1p(np.column_stack([*self.others.values(), np.zeros((len(scores), 0))]))
        return Cells(
            self.dose(self.amounts),
            scores,
            _numbers(self.groups),
            _numbers(self._keys(AMOUNTS[self.vary].carrier)),
            others,
            (self.rows["target"] == (target or "")).to_numpy() & (not self.of_languages),
        )

    def held(self, mix: TrainingMix | None, target: str | None) -> dict[str, float]:
        """The other amounts of a mix for a language or, without one, in the middle of the languages.

        What the mix does not decide is at its median, and so is everything without a mix.
        """
        values = {name: float(np.median(column)) for name, column in self.others.items()}
        if mix is None:
            return values
        languages = self.rows["target"].unique().sort().to_list() if target is None else [target]
        # The measured mixes say how large one of unknown size is.
        offered = _of_mixes([str(mix), *self.rows["train"].unique().sort()], languages)
        return values | {name: float(np.median(value[0])) for name, value in offered.items() if name in values}

    def sample(self, target: str | None, most: int = MOST_CELLS) -> Table:
        """Some of what carries the amount, where there are very many rows; that of the target stays."""
        if self.rows.height <= most:
            return self
        keys = _numbers(self._keys(AMOUNTS[self.vary].carrier))
        order = np.random.default_rng(0).permutation(keys.max() + 1)[keys]
        kept = order < np.sort(order)[most]
        if target is not None and self.of_languages:
            kept |= (self.rows["target"] == target).to_numpy()
        others = {name: values[kept] for name, values in self.others.items()}
        return Table(self.vary, self.rows.filter(kept), others, self.moving, self.left_out)

    def _keys(self, columns: tuple[str, ...]) -> pl.Series:
        names = pl.col(columns).cast(pl.String).fill_null("-")
        return self.rows.select(pl.concat_str(names, separator="\t")).to_series()


_HINTS = {
    "parameters": "give the models' sizes with 'isogloss evidence describe', or measure another model",
    "shots": "measure with another number of shots",
    "languages": "a law needs mixes of several languages, such as eng:500,deu:500",
    "kin": "a law needs mixes of several languages, such as eng:500,deu:500",
}


def _numbers(keys: pl.Series) -> NDArray[np.intp]:
    return keys.rank("dense").to_numpy().astype(np.intp) - 1


def _check_one(evidence: Evidence, amount: Amount) -> None:
    """Refuse evidence that differs in what is neither varied nor a mix, a language or a seed."""
    for name in SETTING:
        values = evidence.observations[name].unique().cast(pl.String).fill_null("-").sort().to_list()
        if name not in amount.carrier and len(values) > 1:
            raise InputError(
                f"the evidence has several values of {name}: {', '.join(values[:6])}", where="evidence",
                hint=f"say which: {name}={values[0]!r}",
            )  # fmt: skip


def _values(rows: pl.DataFrame, evidence: Evidence) -> dict[str, Array]:
    """Every amount of every row; NaN where it is not known."""
    texts, targets = (rows[name].unique().sort().to_list() for name in ("train", "target"))
    at = (
        rows["train"].replace_strict(texts, range(len(texts)), return_dtype=pl.Int64).to_numpy(),
        rows["target"].replace_strict(targets, range(len(targets)), return_dtype=pl.Int64).to_numpy(),
    )
    text, text_of_kin = _web_texts(targets)
    return {
        **{name: value[at] for name, value in _of_mixes(texts, targets).items()},
        "parameters": _parameters(rows, evidence),
        "shots": rows["shots"].cast(pl.Float64).fill_null(np.nan).to_numpy(),
        "web-text": text[at[1]],
        "kin-text": text_of_kin[at[1]],
    }


def _of_mixes(texts: list[str], targets: list[str]) -> dict[str, Array]:
    """Every amount that a mix decides, of shape (mixes, languages)."""
    labelled, translated, total, kin = np.moveaxis(MixAmounts(texts, targets).features, -1, 0)
    languages = np.array([[len(TrainingMix.parse(text, language=str))] * len(targets) for text in texts], dtype=float)
    return {"own": labelled + translated, "all": total, "languages": languages, "kin": kin}


def _parameters(rows: pl.DataFrame, evidence: Evidence) -> Array:
    facts = evidence.models.select(*MODEL, "parameters").drop_nulls("parameters")
    exact = rows.join(facts, on=MODEL, how="left", nulls_equal=True, maintain_order="left")["parameters"]
    whole = facts.filter(pl.col("model_revision").is_null()).drop("model_revision")
    of_all = rows.join(whole, on="model", how="left", maintain_order="left")["parameters"]
    return exact.fill_null(of_all).cast(pl.Float64).fill_null(np.nan).to_numpy()


def _web_texts(targets: list[str]) -> tuple[Array, Array]:
    """MiB of each language in CC-100, and of the others in it, each weighted by its similarity."""
    written = sorted(resources("cc100"))
    own, sizes = (np.array([_mebibytes(one) for one in names]) for names in (targets, written))
    weights = similar(written, targets) * (np.array(written)[:, None] != np.array(targets))
    return own, sizes @ weights


def _mebibytes(language: str) -> float:
    known = web_text(language)
    return 10.0**known if known else 0.0


def _beside(vary: str, values: dict[str, Array]) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Other amounts that differ within what has a level of its own, and those that move with the one that varies."""
    carried = AMOUNTS[vary].carrier == LANGUAGE
    doses = np.log1p(values[vary])
    others, moving = {}, []
    for name, value in values.items():
        if (
            name == vary
            or name in (OF_RUNS if carried else OF_LANGUAGES)
            or not np.isfinite(value).all()
            or np.ptp(value) == 0
        ):
            continue
        if abs(np.corrcoef(np.log1p(value), doses)[0, 1]) > TOGETHER:
            moving.append(name)
        else:
            others[name] = value
    return others, tuple(moving)
