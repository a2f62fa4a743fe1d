"""Does a model translate a person by their pronoun, does it read the pronoun, and do demonstrations make it?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from isogloss.behaviour.items import read_items, require
from isogloss.behaviour.metrics.gender import FEMALE, GENDERS, MALE
from isogloss.behaviour.scoring import score_items
from isogloss.behaviour.tallies import kinds
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.languages import resolve
from isogloss.models.attribution import integrated_gradients
from isogloss.models.decoder import Decoder
from isogloss.models.likelihood import score
from isogloss.progress import Progress, steps
from isogloss.stats import paired_bootstrap
from isogloss.stats.intervals import check_level

COLUMNS = ("language", "item", "question", "pronoun", "gender", "stereotype", "male", "female")
PLAIN, RANDOM, LEAST = "plain", "random demonstrations", "least read demonstrations"
TEMPLATE = "English: {question}\n{language}: {translation}"
PLACES = ("{question}", "{translation}")
LONGEST = 2048


@dataclass(frozen=True)
class Pronouns:
    """How a model translates persons whose gender only a pronoun says.

    Attributes
    ----------
    items : polars.DataFrame
        For each `arm`, `language` and `item`: `gender`, `called` (the gender of the likelier translation), `correct`,
        `margin` (log P of the right translation less that of the other, in nats), and in the arm without
        demonstrations `pronoun_share`, what the pronoun has of all attributions, and `unexplained`, the part of the
        difference that the steps leave out; also `text`, `male`, `female` and `stereotype`, so that it is a table for
        `isogloss behaviour score`.
    scores : polars.DataFrame
        As of `isogloss.behaviour.score_items`, with the arm as `model`.
    gains : polars.DataFrame
        For each further `arm` and `language`: `gain` in accuracy over the arm without demonstrations, with `lower` and
        `upper`, items drawn anew.
    chosen : dict of (str, str) to list of str
        Arm and language to the items of the pool that are its demonstrations.
    """

    items: pl.DataFrame
    scores: pl.DataFrame
    gains: pl.DataFrame
    chosen: dict[tuple[str, str], list[str]]


def read_pronouns(source: Any, *, columns: Any = None, languages: Any = None) -> pl.DataFrame:
    """Read a table of sentences in English with a pronoun, and their translations with a man and with a woman.

    Parameters
    ----------
    source, columns, languages : see `read_items`
        `language`, `item`, `question`, `pronoun` (as it stands in the question), `gender`, `male` and `female`;
        `stereotype` if it is known.

    Raises
    ------
    BadValue
        If a column is missing, the pronoun does not stand in the question as a word, or the two translations are one.
    """
    table = read_items(source, columns=columns, languages=languages, roles=COLUMNS)
    require(table, *(name for name in COLUMNS if name != "stereotype"))
    table = kinds(table, "gender", GENDERS)
    for row in table.iter_rows(named=True):
        where = f"item {row['item']}"
        if _place(row["question"], row["pronoun"]) is None:
            raise BadValue(f"'{row['pronoun']}' is no word of '{row['question']}'", where=where,
                           hint="write the pronoun as it stands there")  # fmt: skip
        if not row["male"] or not row["female"] or row["male"].strip() == row["female"].strip():
            raise BadValue("has no two translations that differ", where=where, hint="fill the columns male and female")
    return table.with_columns(pl.col("item").cast(pl.String))


def score_pronouns(
    decoder: Decoder, items: pl.DataFrame, pool: pl.DataFrame | None = None, *, demonstrations: int = 4,
    template: str = TEMPLATE, points: int = 16, level: float = 0.95, seed: int = 0, progress: Progress | None = None,
) -> Pronouns:  # fmt: skip
    """Score translations of persons, attribute them to the pronoun, and try demonstrations.

    Parameters
    ----------
    decoder : Decoder
    items, pool : polars.DataFrame
        Of `read_pronouns`; the pool is what demonstrations are taken of, and shares no question with the items.
    demonstrations : int
        How many, as many of each gender; an even number.
    template : str
        With {question}, {language} and {translation}.
    points : int
        See `isogloss.models.attribution.integrated_gradients`.
    level : float
    seed : int
        Of the random demonstrations.
    progress : Progress, optional

    Raises
    ------
    BadValue
        If a demonstration is also an item, or the number is odd.
    NotEnoughEvidence
        If the pool has too few of a gender in a language.

    Notes
    -----
    After Attanasio et al. (2023, A tale of pronouns), who show that models which translate by stereotype hardly read
    the pronoun. Here the two translations are given and the likelier one counts, so that models which hardly translate
    can be asked too; translations that a model writes are scored by `gender_accuracy`. Both have nearly the same
    length. The demonstrations of `least read` are those of the pool whose pronoun has the least share of the
    attributions of log P(right) - log P(other); how the paper chooses its own could not be read.
    """
    check_level(level)
    if not template.endswith("{translation}") or any(template.count(one) != 1 for one in PLACES):
        raise BadValue("has not each place once, or does not end in the translation", where="template",
                       hint=f"such as {TEMPLATE!r}")  # fmt: skip
    if pool is not None:
        _check_pool(items, pool, demonstrations)
    rows: list[dict[str, Any]] = []
    chosen: dict[tuple[str, str], list[str]] = {}
    for (language,), own in items.group_by("language", maintain_order=True):
        rows += _arm(decoder, own, PLAIN, "", template, points, progress)
        if pool is None:
            continue
        among = pool.filter(language=language)
        read = [one["pronoun_share"] for one in _arm(decoder, among, LEAST, "", template, points, progress)]
        orders = {RANDOM: np.random.default_rng(seed).permutation(among.height), LEAST: np.argsort(read, kind="stable")}
        for arm, order in orders.items():
            shown = _balanced(among[order.tolist()], demonstrations)
            chosen[arm, str(language)] = shown["item"].to_list()
            before = "".join(f"{_asked(one, template)}{_said(one, one['gender'], template)}\n\n"
                             for one in shown.iter_rows(named=True))  # fmt: skip
            rows += _arm(decoder, own, arm, before, template, 0, progress)
    table = pl.DataFrame(rows, infer_schema_length=None)
    scored = score_items(table.with_columns(model="arm"), level=level, seed=seed)
    return Pronouns(table, scored.scores, _gains(table, level, seed), chosen)


def _arm(
    decoder: Decoder, items: pl.DataFrame, arm: str, before: str, template: str, points: int,
    progress: Progress | None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Both translations of each item, and with points the share of its pronoun."""
    rows = items.to_dicts()
    prompts = [before + _asked(row, template) for row in rows]
    answers = [(_said(row, MALE, template), _said(row, FEMALE, template)) for row in rows]
    found = score(decoder, prompts, answers, max_length=LONGEST)
    if found.cut:
        raise BadValue("a prompt is longer than the model reads", where=arm, hint="take fewer demonstrations")
    sums = found.sums.reshape(-1, 2)
    made = []
    for row, prompt, (male, female) in steps(arm, [*zip(rows, prompts, sums.tolist(), strict=True)], progress):
        right = row["gender"] == MALE
        said = MALE if male > female else FEMALE
        more: dict[str, Any] = {"pronoun_share": None, "unexplained": None}
        if points:
            more = _attributed(decoder, row, prompt, template, points)
        made.append({
            "arm": arm, "language": row["language"], "item": row["item"], "question": row["question"],
            "gender": row["gender"], "called": said, "correct": said == row["gender"],
            "margin": (male - female) * (1 if right else -1), "text": row[said], "male": row["male"],
            "female": row["female"], "stereotype": row.get("stereotype") or "neither", **more,
        })  # fmt: skip
    return made


def _attributed(decoder: Decoder, row: dict[str, Any], prompt: str, template: str, points: int) -> dict[str, Any]:
    first = prompt.rindex(row["question"])
    place = _place(row["question"], row["pronoun"])
    assert place is not None
    other = FEMALE if row["gender"] == MALE else MALE
    found = integrated_gradients(
        decoder, prompt, (_said(row, row["gender"], template), _said(row, other, template)),
        within=(first, first + len(row["question"])), steps=points,
    )  # fmt: skip
    share = found.share(first + place, first + place + len(row["pronoun"]))
    return {"pronoun_share": share, "unexplained": found.unexplained}


def _asked(row: dict[str, Any], template: str) -> str:
    begun = template.partition("{translation}")[0].rstrip(" ")
    return begun.replace("{language}", resolve(row["language"]).name).replace("{question}", row["question"])


def _said(row: dict[str, Any], gender: str, template: str) -> str:
    """A translation with the space before it that the template has."""
    begun = template.partition("{translation}")[0]
    return begun[len(begun.rstrip(" ")) :] + str(row[gender]).strip()


def _place(question: str, pronoun: str) -> int | None:
    """Where the pronoun begins as a word of its own."""
    found = re.search(rf"(?<!\w){re.escape(pronoun or '')}(?!\w)", question) if pronoun else None
    return None if found is None else found.start()


def _check_pool(items: pl.DataFrame, pool: pl.DataFrame, demonstrations: int) -> None:
    if demonstrations < 2 or demonstrations % 2:
        raise BadValue(f"{demonstrations} demonstrations cannot be of both genders alike", where="demonstrations",
                       hint="take 2, 4 or 6")  # fmt: skip
    both = pool.join(items, on=["language", "question"], how="semi")
    if both.height:
        raise BadValue(f"item {both['item'][0]} is also asked about", where="pool", hint="show other sentences")
    for language in items["language"].unique(maintain_order=True):
        for gender in (MALE, FEMALE):
            there = pool.filter(language=language, gender=gender).height
            if there < demonstrations // 2:
                raise NotEnoughEvidence(f"{there} sentences with a {gender} person in '{language}'", where="pool",
                                        hint=f"give {demonstrations // 2} or more")  # fmt: skip


def _balanced(ordered: pl.DataFrame, count: int) -> pl.DataFrame:
    """The first ones of each gender, in turns."""
    sides = [ordered.filter(gender=gender).head(count // 2) for gender in (MALE, FEMALE)]
    return pl.concat([side[place : place + 1] for place in range(count // 2) for side in sides])


def _gains(table: pl.DataFrame, level: float, seed: int) -> pl.DataFrame:
    plain = table.filter(arm=PLAIN).select("language", "item", before="correct")
    rows = []
    for (arm, language), own in table.filter(pl.col("arm") != PLAIN).group_by("arm", "language", maintain_order=True):
        pairs = own.join(plain, on=["language", "item"])
        after, before = (pairs[name].cast(float).to_numpy() for name in ("correct", "before"))
        lower, upper = paired_bootstrap(after, before, level=level, seed=seed) if len(after) > 1 else (-1.0, 1.0)
        rows.append({"arm": arm, "language": language, "gain": float(after.mean() - before.mean()), "lower": lower,
                     "upper": upper, "items": len(after)})  # fmt: skip
    schema = {"arm": pl.String, "language": pl.String, "gain": pl.Float64, "lower": pl.Float64, "upper": pl.Float64,
              "items": pl.Int64}  # fmt: skip
    return pl.DataFrame(rows, schema=schema)
