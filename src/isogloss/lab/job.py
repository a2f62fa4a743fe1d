"""Jobs: one training, tested on every target, named by the hash of its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from isogloss.errors import BadValue
from isogloss.evidence.pairs import ARROW
from isogloss.evidence.training_mix import TrainingMix
from isogloss.lab.examples import Examples
from isogloss.lab.grid import Grid
from isogloss.lab.recipe import ANY, EACH, Corpus, Recipe, Rows, Stage, Training
from isogloss.lab.source import PLUS, Source, read_sources
from isogloss.lab.task import NO_LABEL, Task
from isogloss.metrics.metric import Gold


@dataclass(frozen=True)
class Job:
    """One training: a recipe on chosen examples of a source, and perhaps on some of one target.

    Attributes
    ----------
    sizes : dict of str to int
        Examples of each language of the source, by the file's own code.
    seed : int
    shots : int
        Examples of `shots_of`, beside the source's.
    shots_of : str or None
        The file's own code.
    targets : tuple of str
        What is answered, in the file's own codes: all targets, save where each has a training of its own.
    training : Training
    key : str
        First 32 hexadecimal digits of the SHA-256 of the recipe, its parameters and version, the training
        examples and the seed. Libraries and machine are not in it.
    """

    sizes: dict[str, int] = field(compare=False)
    seed: int
    training: Training = field(compare=False, repr=False)
    key: str
    shots: int = 0
    shots_of: str | None = None
    targets: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """What observations give as their origin."""
        return f"lab {self.key}"

    @property
    def size(self) -> int:
        """Examples of all languages of the source."""
        return sum(self.sizes.values())

    def __str__(self) -> str:
        more = f"+{self.shots_of}:{self.shots}" if self.shots_of else ""
        served = f" for {self.targets[0]}" if self.training.target is not None else ""
        source = ",".join(f"{code}:{size}" for code, size in self.sizes.items())
        return f"{source}{more}{served} seed {self.seed}"


class Bench:
    """The jobs of one task and recipe of a grid, over the data they need.

    Parameters
    ----------
    grid : Grid
    task : Task
    recipe : Recipe

    Attributes
    ----------
    sources : list of Source
    targets : list of str
        The file's own codes.
    jobs : list of Job
        Source by source, so that time per job stays even and the time left can be told.
    left_out : list of str
        Languages with fewer examples than a source asks for, as `isl:1000`.

    Raises
    ------
    BadValue
        If a language has fewer training examples than a source asks for and the grid does not leave such out, or if it
        gives examples of targets, or a mix of languages, to a recipe that has no use for them.
    """

    def __init__(self, grid: Grid, task: Task, recipe: Recipe):
        self.grid, self.task, self.recipe = grid, task, recipe
        self.sources = read_sources(grid.sources, task, f"{grid.path}: sources")
        self.targets = task.find(grid.targets, "test", f"{grid.path}: targets")
        self._source_codes = {code for source in self.sources for code in source.languages}
        self._languages = sorted({*self._source_codes, *self.targets})
        reads_all = any(grid.shots) or recipe.reads_unlabelled
        self._taught = {*task.train} & {*self._languages} if reads_all else self._source_codes
        if any(grid.shots) and not (recipe.takes_shots and recipe.learner.takes_shots):
            raise BadValue(
                f"{recipe.name} learns from the source alone", where=f"{grid.path}: shots", hint="leave it out"
            )
        if not recipe.takes_mixes and (mixes := [source for source in self.sources if len(source.languages) > 1]):
            raise BadValue(
                f"{recipe.name} learns from one language, not from {PLUS.join(mixes[0].languages)}",
                where=f"{grid.path}: sources", hint="give it a grid of its own",
            )  # fmt: skip
        if task.info.kind.answer == "tags" and not recipe.takes_gaps:
            gaps = [code for code in sorted(self._taught) if (task.train[code].labels == NO_LABEL).any()]
            if gaps:
                raise BadValue(
                    f"{recipe.name} does not learn from words without a tag, as there are in '{gaps[0]}'",
                    where=str(task.info.file), hint="take linear-probe, fine-tune, lora or ngram-logreg",
                )  # fmt: skip
        self.left_out: list[str] = []
        # 'eng' with 70 examples and { eng = 70 } are one job; two languages with the same examples are two
        self.jobs = list({(str(job), job.key): job for job in self._jobs()}.values())

    def corpus(self) -> Corpus:
        """Every text that a job trains on, chooses on or answers."""
        train = [
            [text for examples in self._trained(code) for text in examples.inputs] if code in self._taught else []
            for code in self._languages
        ]
        test = [list(self.task.test[code].inputs) if code in self.targets else [] for code in self._languages]
        items = [
            [item for examples in self._trained(code) for item in examples.items] if code in self._taught else []
            for code in self._languages
        ]
        tested = [list(self.task.test[code].items) if code in self.targets else [] for code in self._languages]
        ids = [self.task.languages[code].id for code in self._languages]
        info, learnt = self.task.info, self._learnt(sum(map(len, train)))
        asked, answered = (
            [side(code).id for code in self._languages]
            for side in (self.task.input_language, self.task.answer_language)
        )
        return Corpus(
            train, test, self._languages, info.kind, self.task.labels, ids, items, tested, learnt, asked, answered,
            tags=[self._tags(code) for code in self._languages] if info.kind.answer == "tags" else [],
            task=info.name,
        )  # fmt: skip

    def _tags(self, code: str) -> list[tuple[str | None, ...]]:
        """The tags of the words of each training text of a language, None where a word has none."""
        every = self._trained(code) if code in self._taught else []
        return [
            tuple(None if place == NO_LABEL else self.task.labels[place] for place in some.labels[first:last])
            for some in every
            for first, last in pairwise(some.starts)
        ]

    @cached_property
    def test_contents(self) -> dict[str, str]:
        """A short hash of each target's test examples, by the file's own code."""
        return {code: self.task.test[code].content()[:8] for code in self.targets}

    @cached_property
    def gold(self) -> Gold:
        """What is right, for all test rows in the order of the corpus."""
        tests = [self.task.test[code] for code in self.targets]
        kind = self.task.info.kind
        has_spans = kind.input_type.unit == "span"
        labels = np.concatenate([test.labels for test in tests])
        starts = np.cumsum([0, *(size for test in tests for size in np.diff(test.starts))])
        return Gold(
            labels, starts, np.repeat(np.arange(len(tests)), [len(test) for test in tests]), self.task.labels,
            answers=[answers for test in tests for answers in test.answers or ()],
            languages=[self.task.answer_language(code).iso639_3 for code in self.targets],
            is_written=kind.answer == "text",
            contexts=[kind.input_type.texts(one)[0] for test in tests for one in test.inputs] if has_spans else [],
            sources=[str(one) for test in tests for one in test.inputs] if kind.answer == "text" else [],
        )  # fmt: skip

    @cached_property
    def categories(self) -> dict[str, np.ndarray[Any, Any]]:
        """Which test rows, in the order of the corpus, are of each category."""
        tests = [self.task.test[code] for code in self.targets]
        of_rows = np.array([one for test in tests for one in test.categories or [None] * len(test)], object)
        return {category: of_rows == category for category in self.task.categories if (of_rows == category).any()}

    @cached_property
    def language_numbers(self) -> dict[str, int]:
        """Where each language stands in the corpus."""
        return {code: place for place, code in enumerate(self._languages)}

    def missing(self, stored: pl.DataFrame) -> list[Job]:
        """The jobs of which a store lacks a target or a metric, or has it on other test examples."""
        if stored.is_empty():
            return self.jobs
        known = stored.filter(pl.col("importer") == "lab").select(
            "origin", "metric", "target_as_reported", pl.col("details").str.json_path_match("$.test_content")
        )
        have = set(known.iter_rows())
        return [job for job in self.jobs if any(cell not in have for cell in self._cells(job))]

    def mix(self, job: Job) -> TrainingMix:
        """What a job trains on, in canonical languages."""
        learnt: dict[str, int] = {}  # of several pairs about a language the examples are added up
        for code, size in job.sizes.items():
            language = self.task.languages[code].id
            learnt[language] = learnt.get(language, 0) + size
        targets = [self.task.languages[code].id for code in job.targets]
        sizes: dict[str, int | None] = {**self.recipe.learnt_from(learnt, targets)}
        if job.shots_of is not None:
            sizes[self.task.languages[job.shots_of].id] = job.shots
        return TrainingMix(sizes)

    def label_with_pairs(self, recipe: str, job: Job) -> str:
        """What observations call the recipe: where rows are pairs, with those learnt from, which no mix tells apart."""
        pairs = sorted(self.task.name_in_grids(code) for code, size in job.sizes.items() if size)
        if not any(ARROW in pair for pair in pairs):
            return recipe
        digest = hashlib.sha256(" ".join(pairs).encode()).hexdigest()[:6]
        return f"{recipe}@{pairs[0] if len(pairs) == 1 else f'{len(pairs)}:{digest}'}"

    def _cells(self, job: Job) -> Iterator[tuple[str, str, str, str]]:
        for metric in self.task.info.metrics:
            for code in job.targets:
                yield job.origin, metric, code, self.test_contents[code]

    def _trained(self, code: str) -> list[Examples]:
        """Training examples of a language, then those to choose on if there is something to choose."""
        chosen_on = self.recipe.selects and code in self._source_codes and code in self.task.dev
        return [self.task.train[code], *([self.task.dev[code]] if chosen_on else [])]

    @cached_property
    def _first(self) -> dict[str, int]:
        """Number of the first training row of each language."""
        sizes = [sum(map(len, self._trained(code))) if code in self._taught else 0 for code in self._languages]
        return dict(zip(self._languages, np.cumsum([0, *sizes[:-1]]).tolist(), strict=True))

    def _jobs(self) -> Iterator[Job]:
        for source in self.sources:
            for size, seeds in self._sizes(source).items():
                if not size and source != self.sources[0]:
                    continue  # nothing of a source is nothing of any
                if not self._has(source.sizes(size)):
                    continue
                for seed in seeds:
                    rows = source.draw(size, seed, self.task)
                    shown = [(shots, target) for shots in self.grid.shots for target in self._shown(rows, size, shots)]
                    for shots, target in shown:
                        if not size and not shots and seed != seeds[0]:
                            continue  # there is nothing to draw
                        for served in self._served(target):
                            yield self._job(rows, seed, target, shots, served)

    def _sizes(self, source: Source) -> dict[int, tuple[int, ...]]:
        """How many examples trainings on a source have, with the seeds of each."""
        return self.grid.seeds if source.size is None else {source.size: self.grid.mix_seeds[source.size]}

    def _has(self, sizes: dict[str, int]) -> bool:
        """Whether there are so many examples of each language; if not, it is noted or refused."""
        where, total = f"{self.grid.path}: sizes", sum(sizes.values())
        for code, size in sizes.items():
            available = len(self.task.train[code])
            if total and not size and not self.grid.leave_out_small:
                raise BadValue(
                    f"'{code}' has none of {total} examples of the source {PLUS.join(sizes)}", where=where,
                    hint="ask for more examples or fewer languages, or set leave_out_small = true",
                )  # fmt: skip
            if size > available and not self.grid.leave_out_small:
                raise BadValue(
                    f"'{code}' has {available} training examples, {size} are asked for", where=where,
                    hint=f"ask for {available} at most, or set leave_out_small = true",
                )  # fmt: skip
        short = [code for code, size in sizes.items() if size > len(self.task.train[code]) or (total and not size)]
        self.left_out += [f"{code}:{sizes[code]}" for code in short]
        return not short

    def _shown(self, source: Iterable[str], size: int, shots: int) -> list[str | None]:
        """Which target's examples a training gets: none, or those of each in turn."""
        if not shots:
            return [None]
        able = [code for code in self.targets if len(self.task.train.get(code, ())) >= shots]
        return [code for code in able if code not in source or not size]

    def _served(self, shown: str | None) -> list[tuple[str, ...]]:
        """The targets that each training is for: all, or, where the recipe learns for each, that shown or each."""
        if self.recipe.learns_for != EACH:
            return [tuple(self.targets)]
        return [(code,) for code in self.targets if shown in (None, code)]

    def _learnt(self, count: int) -> np.ndarray[Any, Any]:
        """Which training rows some job learns from or chooses on."""
        learnt = np.zeros(count, dtype=bool)
        for job in self.jobs:
            training = job.training
            for rows in (training.rows, training.dev_rows, *(stage.rows for stage in training.then)):
                learnt[rows] = True
        return learnt

    def _job(self, source: dict[str, Rows], seed: int, target: str | None, shots: int, served: tuple[str, ...]) -> Job:
        train = self.task.train
        contents = {"examples": " ".join(train[code].content(rows) for code, rows in source.items())}
        stages = [self._stage(source)]
        if target is not None:
            few = train[target].sample(shots, seed)
            contents["then"] = train[target].content(few)
            stages.append(self._stage({target: few}))
        chosen_on = [code for code in source if len(self._trained(code)) > 1]
        dev = self._stage({code: np.arange(len(self.task.dev[code])) for code in chosen_on}, of_dev=True)
        if chosen_on:
            contents["chosen_on"] = " ".join(self.task.dev[code].content() for code in chosen_on)
        if len(stages) > 1 and not self.recipe.sequential:
            together = (np.concatenate([getattr(stage, name) for stage in stages]) for name in ("rows", "labels"))
            stages = [Stage(*together)]
        if self.recipe.learns_for != ANY:
            contents["for"] = " ".join(sorted(self.task.languages[code].id for code in served))
        if self.recipe.reads_unlabelled:
            contents["unlabelled"] = " ".join(train[code].content() for code in served if code in train)
        training = Training(
            stages[0].rows, stages[0].labels, seed, dev.rows, dev.labels, len(self.task.labels), tuple(stages[1:]),
            self.language_numbers[served[0]] if self.recipe.learns_for == EACH else None,
        )  # fmt: skip
        key = _key(self.recipe, self.task.info.name, contents, seed)
        sizes = {code: len(rows) for code, rows in source.items()}
        return Job(sizes, seed, training, key, shots if target else 0, target, served)

    def _stage(self, chosen: dict[str, Rows], *, of_dev: bool = False) -> Stage:
        """Some training examples, or examples to choose on, of some languages, by their place in the corpus."""
        if not chosen:
            return Stage(np.empty(0, np.int64), np.empty(0, np.int64))
        rows, labels = [], []
        for code, places in chosen.items():
            examples = self.task.dev[code] if of_dev else self.task.train[code]
            rows.append(self._first[code] + (len(self.task.train[code]) if of_dev else 0) + places)
            labels.append(examples.labels_of(places))
        return Stage(np.concatenate(rows), np.concatenate(labels))


def _key(recipe: Recipe, task: str, contents: dict[str, str], seed: int) -> str:
    described = {**recipe.identity, "task": task, "seed": seed, **contents}
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:32]
