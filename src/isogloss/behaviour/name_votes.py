"""Names of entities by the votes of several sources: which are given by enough of them, and how right these are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.behaviour.items import require
from isogloss.behaviour.matching import answer_counts, plain
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.stats.intervals import check_level
from isogloss.text import counted

Counts = NDArray[np.int64]
DRAWS = 2_000
SCORES = {
    "language": pl.String, "chosen": pl.String, "precision": pl.Float64, "recall": pl.Float64, "f1": pl.Float64,
    "lower": pl.Float64, "upper": pl.Float64, "names": pl.Int64, "items": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True)
class NameVotes:
    """Names of entities, by how many sources give them.

    Attributes
    ----------
    names : polars.DataFrame
        For each `language`, `item` and `name`: the `votes`, the `models` that give it, whether it is `chosen`, and
        whether it is `right` where right names are known.
    scores : polars.DataFrame
        For each `language` in which right names are known, and each number of votes asked for and each source by
        itself (`chosen`): `precision`, `recall` and `f1` over all names of the `items` of which they are known, and the
        interval of `f1`, `lower` to `upper`; `names` chosen.
    differences : polars.DataFrame
        For each such `language`: `f1` of the names chosen less that of its `best` source by itself, which nobody knows
        without right names, with `lower` and `upper`.
    votes : int
    level : float
    """

    names: pl.DataFrame
    scores: pl.DataFrame
    differences: pl.DataFrame
    votes: int
    level: float


def vote_names(items: pl.DataFrame, *, votes: int = 2, level: float = 0.95, seed: int = 0) -> NameVotes:
    """Choose names that several sources give, language by language.

    Parameters
    ----------
    items : polars.DataFrame
        `language`, `item` (an entity), `model` (a source) and `text` (names that it gives, with | or ; or line ends
        between), and `answers` where right names are known, which are only used to score.
    votes : int, default 2
        Sources that have to give a name.
    level, seed
        Of the intervals, entities drawn anew.

    Raises
    ------
    NotEnoughEvidence
        If a language has fewer sources than `votes`.
    BadValue
        If `votes` is below 1, or a source has two rows of an entity.

    Notes
    -----
    As M-NTA (Conia et al. 2023), which takes names from a knowledge graph, machine translation, web search and a
    language model, and believes those that at least two of them give; the graph being a source, a name of it that has
    one vote is one that nothing else supports. Two names are one where letter case, punctuation and spaces are all that
    differ; the most frequent spelling is kept. With h right names of g chosen and r right ones, summed over entities,
    precision is h / g, recall h / r and F1 2h / (g + r). Intervals draw entities anew, each with all its names.
    """
    check_level(level)
    if votes < 1:
        raise BadValue(f"votes is {votes}", where="votes", hint="give 1 or more")
    require(items, "language", "item", "model", "text")
    table = items.drop_nulls("text").with_columns(pl.col("text", "item", "model").cast(pl.String))
    twice = table.filter(pl.struct("language", "item", "model").is_duplicated())
    if twice.height:
        row = twice.row(0, named=True)
        reason = f"'{row['model']}' has two rows of item '{row['item']}' in {row['language']}"
        raise BadValue(reason, where="items", hint="put its names into one")
    names, scores, differences = [], [], []
    for (language,), rows in table.group_by("language", maintain_order=True):
        sources = rows["model"].unique(maintain_order=True).to_list()
        if len(sources) < max(2, votes):
            raise NotEnoughEvidence(f"{language} has names of {counted(len(sources), 'source')}", where="items",
                                    hint=f"give those of {max(2, votes)} or more, or ask for fewer votes")  # fmt: skip
        own = _Language(str(language), rows, sources)
        names.append(own.names(votes))
        if own.right:
            scored, difference = own.scores(votes, level, seed)
            scores += scored
            differences.append(difference)
    table = pl.DataFrame(differences, schema={
        "language": pl.String, "best": pl.String, "difference": pl.Float64, "lower": pl.Float64, "upper": pl.Float64,
    })  # fmt: skip
    return NameVotes(pl.concat(names), pl.DataFrame(scores, schema=SCORES), table, votes, level)


class _Language:
    """Who gives which names to the entities of a language."""

    def __init__(self, language: str, rows: pl.DataFrame, sources: list[str]):
        self.language, self.sources = language, sources
        self.items = rows["item"].unique(maintain_order=True).to_list()
        self.given: dict[str, dict[str, set[str]]] = {item: {} for item in self.items}
        spelt: dict[str, Counter[str]] = {}
        for item, source, text in rows.select("item", "model", "text").iter_rows():
            for name in answer_counts(text):
                if key := plain(name):
                    self.given[item].setdefault(key, set()).add(source)
                    spelt.setdefault(key, Counter())[name.strip()] += 1
        self.spelling = {key: counts.most_common(1)[0][0] for key, counts in spelt.items()}
        self.right = self._right(rows)

    def _right(self, rows: pl.DataFrame) -> dict[str, set[str]]:
        """The right names of each entity of which they are known."""
        found: dict[str, set[str]] = {}
        if "answers" in rows.columns:
            for item, written in rows.select("item", "answers").iter_rows():
                if names := {plain(name) for name in answer_counts(written)} - {""}:
                    found[item] = found.get(item, set()) | names
        return found

    def names(self, votes: int) -> pl.DataFrame:
        rows = [
            {"language": self.language, "item": item, "name": self.spelling[key], "votes": len(by),
             "models": ", ".join(one for one in self.sources if one in by), "chosen": len(by) >= votes,
             "right": key in self.right[item] if item in self.right else None}
            for item in self.items
            for key, by in sorted(self.given[item].items(), key=lambda one: (-len(one[1]), one[0]))
        ]  # fmt: skip
        schema = {"language": pl.String, "item": pl.String, "name": pl.String, "votes": pl.Int64, "models": pl.String,
                  "chosen": pl.Boolean, "right": pl.Boolean}  # fmt: skip
        return pl.DataFrame(rows, schema=schema)

    def _counts(self, is_chosen: Any) -> Counts:
        """Right names, chosen names and names to find of each entity, shape (items, 3)."""
        found = []
        for item, right in self.right.items():
            chosen = {key for key, by in self.given[item].items() if is_chosen(by)}
            found.append((len(chosen & right), len(chosen), len(right)))
        return np.array(found)

    def scores(self, votes: int, level: float, seed: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Of each number of votes and each source, and of the votes asked for against the best source."""
        ways: dict[str, Counts] = {
            f"{least} of {len(self.sources)}": self._counts(lambda by, least=least: len(by) >= least)
            for least in range(1, len(self.sources) + 1)
        }
        alone = {source: self._counts(lambda by, source=source: source in by) for source in self.sources}
        chance = np.random.default_rng(seed)
        count = len(self.right)
        weights = chance.multinomial(count, np.full(count, 1 / count), DRAWS)
        ends = [(1 - level) / 2, (1 + level) / 2]
        rows = []
        for name, counts in (ways | alone).items():
            hits, given, wanted = counts.sum(0).tolist()
            lower, upper = np.quantile(_f1(weights @ counts), ends).tolist()
            rows.append({
                "language": self.language, "chosen": name, "precision": hits / given if given else None,
                "recall": hits / wanted, "f1": float(_f1(counts.sum(0))), "lower": lower, "upper": upper,
                "names": given, "items": count,
            })  # fmt: skip
        best = max(alone, key=lambda source: float(_f1(alone[source].sum(0))))
        voted = ways[f"{votes} of {len(self.sources)}"]
        drawn = _f1(weights @ voted) - _f1(weights @ alone[best])
        lower, upper = np.quantile(drawn, ends).tolist()
        difference = float(_f1(voted.sum(0)) - _f1(alone[best].sum(0)))
        return rows, {"language": self.language, "best": best, "difference": difference, "lower": lower, "upper": upper}


def _f1(counts: NDArray[Any]) -> NDArray[np.float64]:
    """2h / (g + r) of counts (..., 3); r is above 0."""
    return np.asarray(2 * counts[..., 0] / (counts[..., 1] + counts[..., 2]), float)
