"""Records of Every Eval Ever: what holds for a run, and what each of its scores says."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from isogloss.errors import BadFile, BadValue
from isogloss.evidence.importers.base import ReadOptions
from isogloss.evidence.importers.free_names import read_free_name
from isogloss.evidence.importers.settings import precision_of, recipe_with, revision_with
from isogloss.evidence.importers.task_names import TaskName, read_names
from isogloss.evidence.importers.values import (
    LANGUAGE_KEYS,
    RawRow,
    details,
    listed,
    moment,
    number,
    revision_of,
    section,
    text,
    whole,
)
from isogloss.languages.context import is_summary
from isogloss.metrics.registry import find_metric

FORMAT = "every-eval-ever"
OWN = "isogloss"
"""Name of the library in records that isogloss exports."""
LISTED_KEYS = ("language", "languages", *LANGUAGE_KEYS[1:], "dataset_language", "dataset_languages")
"""As `LANGUAGE_KEYS`, with those that may name several."""
SHOT_KEYS = ("shots", "num_fewshot", "n_shot", "num_shots", "n_shots", "fewshot", "k_shot")
UNITS = {"proportion": "fraction", "fraction": "fraction", "ratio": "fraction", "percent": "percent",
         "percentage": "percent", "%": "percent"}  # fmt: skip
QUANTILE = 1.959964
"""Of the normal distribution: half the width of a 95 % interval is so many standard errors."""
QUANTILES = {0.9: 1.644854, 0.95: QUANTILE, 0.99: 2.575829}
MISSING = -1
"""What some converters write for a score that is not there, of metrics that are never negative."""

_OF_EUROEVAL = re.compile(r"(test|val)_(.+)")


@dataclass(frozen=True)
class Run:
    """One record: what holds for all of its entries."""

    record: dict[str, Any]
    where: str
    options: ReadOptions

    @property
    def library(self) -> dict[str, Any]:
        return section(self.record, "eval_library", self.where)

    @property
    def of_euroeval(self) -> bool:
        return text(self.library, "name", self.where) == "euroeval"

    @property
    def is_own(self) -> bool:
        """Whether isogloss wrote it: then each score says all that tells it from others."""
        return text(self.library, "name", self.where) == OWN

    @property
    def _model(self) -> tuple[str, dict[str, Any]]:
        info = section(self.record, "model_info", self.where)
        name = self.options.values.get("model") or text(info, "id", self.where) or text(info, "name", self.where)
        if name is None:
            raise BadValue("does not name its model", where=self.where, hint="give model=...")
        return name, section(info, "additional_details", self.where)

    @property
    def model(self) -> str:
        """The name, without the revision and setting that EuroEval writes behind it."""
        name = self._model[0]
        return name.partition("#")[0].partition("@")[0] if self.of_euroeval else name

    @property
    def revision(self) -> str | None:
        """Revision, setting and precision of the weights."""
        name, more = self._model
        setting = name.partition("#")[2] if self.of_euroeval else ""
        written = (more.get("model_revision"), more.get("sha"), more.get("revision"))
        named = name.partition("#")[0].partition("@")[2] if self.of_euroeval else None
        revision = revision_of(*(one for one in written if isinstance(one, str)), named)
        arguments = more.get("model_args")
        loaded = dict(part.split("=", 1) for part in arguments.split(",") if "=" in part) if isinstance(
            arguments, str) else {}  # fmt: skip
        return revision_with(revision, [*filter(None, [setting]), *precision_of(loaded | more)])

    @property
    def parameters(self) -> int | None:
        more = self._model[1]
        written = next(
            (more[key] for key in ("num_model_parameters", "num_parameters", "parameters") if key in more), None
        )
        return int(written) if isinstance(written, str) and re.fullmatch(r"[1-9]\d{0,15}", written) else None

    def rows(self, position: int) -> Iterator[RawRow | tuple[int, str]]:
        """Each entry as a row, or as the position and the reason why it is none."""
        entries = [
            _Entry(self, one, f"{self.where} row {position + place}")
            for place, one in enumerate(listed(self.record, "evaluation_results", self.where))
        ]
        unnamed = [entry.name for entry in entries if entry.languages is None and not entry.is_summary]
        names = read_names(unnamed, self.options, FORMAT, self.where, self._read_name)
        for place, entry in enumerate(entries):
            found = entry.read(names.get(entry.name))
            yield (position + place, found) if isinstance(found, str) else {"origin_row": position + place, **found}

    def _read_name(self, name: str) -> TaskName | None:
        """What the name of an evaluation says; its items may say more, language by language."""
        if (read := read_free_name(name)) is not None:
            return read
        return TaskName(name, "") if self.record.get("detailed_evaluation_results") else None


@dataclass(frozen=True)
class _Entry:
    """One score of a record."""

    run: Run
    entry: Any
    where: str

    def __post_init__(self) -> None:
        if not isinstance(self.entry, dict):
            raise BadFile("is not an object", where=self.where, hint="give a record of Every Eval Ever")

    def part(self, *path: str) -> dict[str, Any]:
        """The object at the end of a path of keys; empty where there is none."""
        found: dict[str, Any] = self.entry
        for key in path:
            found = section(found, key, self.where)
        return found

    def said(self, *keys: str) -> Any:
        """What the details of the entry, its metric, its source or the library say under one of the keys."""
        maps = (
            self.part("score_details", "details"),
            self.part("generation_config", "additional_details"),
            self.part("metric_config", "additional_details"),
            self.part("source_data", "additional_details"),
            section(self.run.library, "additional_details", self.where),
        )
        return next((one[key] for one in maps for key in keys if one.get(key) not in (None, "")), None)

    @property
    def title(self) -> str:
        return text(self.entry, "evaluation_name", self.where) or ""

    @property
    def data_set(self) -> str | None:
        return text(self.part("source_data"), "dataset_name", self.where)

    @property
    def name(self) -> str:
        """What names the task: the evaluation, unless that is only a metric; then the data set."""
        title = self.title
        if self.is_of_lm_eval:
            title = title.partition("/")[0]
        only_metric = not title or (self.run.of_euroeval and _OF_EUROEVAL.fullmatch(title)) or find_metric(title).unit
        name = self.said("task_name") or (self.data_set if only_metric else title)
        if not isinstance(name, str):
            raise BadFile("names neither evaluation nor data set", where=self.where)
        if read_free_name(name) is None and self.data_set and read_free_name(self.data_set) is not None:
            return self.data_set
        return name

    @property
    def is_of_lm_eval(self) -> bool:
        return (text(self.run.library, "name", self.where) or "").replace("-", "_").startswith("lm_eval")

    @property
    def is_summary(self) -> bool:
        return is_summary(self.title)

    @property
    def languages(self) -> list[str] | None:
        """Languages that the details name; None where they name none."""
        written = self.said(*LISTED_KEYS)
        if isinstance(written, str) and written.lstrip()[:1] == "[":
            try:
                written = json.loads(written)
            except (ValueError, RecursionError):
                return [written] if isinstance(written, str) else None
        if isinstance(written, str):
            return [written]
        listed_ones = [one for one in written if isinstance(one, str)] if isinstance(written, list) else []
        return listed_ones or None

    def read(self, name: TaskName | str | None) -> RawRow | str:
        """The entry as a row; or why it is none."""
        if isinstance(name, str):
            return name
        if name is None and self.languages is None:
            return "a summary of several languages"
        if self.languages is not None and len(self.languages) != 1:
            return f"about {len(self.languages)} languages together"
        metric, split = self._metric()
        lower = self.part("metric_config").get("lower_is_better")
        # Converters write false for all metrics, so that what is known of the metric goes first.
        higher = find_metric(metric).higher_is_better
        if isinstance(lower, bool) and (higher is None or self.run.is_own):
            higher = not lower
        language = self.languages[0] if self.languages else name.language if name else ""
        return {
            "model": self.run.model,
            "model_revision": self._own("model_revision") if self.run.is_own else self.run.revision,
            "task": self._task(name),
            "topic": name.topic if name else None,
            "metric": metric,
            "target": language,
            "pair": self.said("pair"),
            **self._adaptation(language),
            "shots": whole(_number(self.said(*SHOT_KEYS)), "shots", self.where),
            "split": split or self._split(),
            "seed": whole(_number(self.said("seed")), "seed", self.where),
            "score": self._score(),
            "scale": self._scale(metric),
            "higher_is_better": higher,
            "items": self._items(),
            "standard_error": self._error(),
            "recorded_at": self._moment(),
            "details": self._details(),
            "result": text(self.entry, "evaluation_result_id", self.where),
            "title": self.title,
        }

    def _task(self, name: TaskName | None) -> str:
        if isinstance(told := self.said("task_name"), str):
            return told
        plain = name.task if name else self.name
        if self.languages is not None and (read := read_free_name(self.name)) is not None:
            plain = read.task
        return plain or self.data_set or self.title

    def _metric(self) -> tuple[str, str | None]:
        """Name of the metric, and the split that EuroEval writes before it."""
        config = self.part("metric_config")
        named = next((config[key] for key in ("metric_name", "metric_id", "metric_kind") if config.get(key)), None)
        kind = None
        if isinstance(named, str) and self.is_of_lm_eval and "/" in self.title:
            named = f"{named},{self.title.partition('/')[2]}"
        if named is None and (match := _OF_EUROEVAL.fullmatch(self.title)):
            named, kind = match[2], "val" if self.said("validation_split") in (True, "true") else match[1]
        if named is None:
            described = config.get("evaluation_description")
            named = next(
                (one for one in (self.title, described) if isinstance(one, str) and find_metric(one).unit), None
            )
        named = self.run.options.values.get("metric") or named
        if not isinstance(named, str):
            raise BadValue("does not name its metric", where=self.where, hint="give metric=...")
        return named, kind

    def _adaptation(self, language: str) -> RawRow:
        """Recipe and training mix; EuroEval fine-tunes models that do not generate on the data set."""
        options = self.run.options
        if self.run.is_own:
            own = {"recipe": self._own("recipe"), "train": self._own("train") or ""}
            return {name: options.values.get(name, value) for name, value in own.items()}
        recipe, train = self.said("recipe"), self.said("train")
        if self.run.of_euroeval and recipe is None:
            few = self.said("few_shot") in (True, "true")
            generative = self.run._model[1].get("generative") in (True, "true")
            recipe = "few-shot" if few else "zero-shot" if generative else "fine-tune"
            train = language if recipe == "fine-tune" else ""
        if not isinstance(recipe, str):
            arguments = self.part("generation_config", "generation_args")
            prompt = self.said("prompt_name", "prompt_id", "prompt") or arguments.get("prompt_template")
            recipe = recipe_with(
                options,
                chat=str(self.said("chat_template", "apply_chat_template") or "false").casefold() != "false",
                reasoning=arguments.get("reasoning") is True,
                prompt=prompt if isinstance(prompt, str) else None,
                version=_number(self.said("task_version", "version")),
            )
        return {
            "recipe": options.values.get("recipe", recipe),
            "train": options.values.get("train", train if isinstance(train, str) else ""),
        }

    def _own(self, key: str) -> str | None:
        return text(self.part("score_details", "details"), key, self.where)

    def _split(self) -> str | None:
        told = self.said("split")
        return told if isinstance(told, str) else text(self.part("source_data"), "hf_split", self.where)

    def _score(self) -> float | None:
        score = number(self.part("score_details").get("score"), "score", self.where)
        lowest = self.part("metric_config").get("min_score")
        never_negative = isinstance(lowest, int | float) and lowest >= 0
        return None if score == MISSING and never_negative else score

    def _scale(self, metric: str) -> str | None:
        """How scores are written, by unit and bounds; None leaves it to the metric."""
        config = self.part("metric_config")
        if self.run.is_own:
            return UNITS.get(str(config.get("metric_unit")), "raw")
        if find_metric(metric).is_fraction is False:
            return "raw"
        unit, highest = config.get("metric_unit"), config.get("max_score")
        if isinstance(unit, str) and unit.casefold() in UNITS:
            return UNITS[unit.casefold()]
        if isinstance(highest, bool) or not isinstance(highest, int | float | str):
            return None
        return {1.0: "fraction", 100.0: "percent"}.get(highest, "raw") if not isinstance(highest, str) else "raw"

    def _items(self) -> int | None:
        if self.run.of_euroeval:
            return None  # it counts rounds there
        count = self.part("score_details", "uncertainty").get("num_samples")
        if count is None:
            count = self.part("source_data").get("samples_number")
        return whole(count, "num_samples", self.where)

    def _error(self) -> float | None:
        """The standard error; of an interval, half its width over the quantile."""
        path = ("score_details", "uncertainty")
        error = number(self.part(*path, "standard_error").get("value"), "standard_error", self.where)
        if error is not None:
            return error
        interval = self.part(*path, "confidence_interval")
        lower, upper = (number(interval.get(end), end, self.where) for end in ("lower", "upper"))
        if lower is not None and upper is not None and lower <= upper and math.isfinite(upper - lower):
            level = interval.get("confidence_level")
            quantile = QUANTILES.get(level if isinstance(level, float) else 0.95)
            return (upper - lower) / 2 / quantile if quantile else None
        spread = number(self.part(*path).get("standard_deviation"), "standard_deviation", self.where)
        return spread / math.sqrt(count) if spread is not None and (count := self._items()) else None

    def _moment(self) -> Any:
        written: tuple[Any, ...] = (self.entry.get("evaluation_timestamp"), self.run.record.get("evaluation_timestamp"),
                   self.run.record.get("retrieved_timestamp"))  # fmt: skip
        if self.run.is_own:
            written = written[:1]
        return next((found for one in written if (found := moment(_number(one) or one)) is not None), None)

    def _details(self) -> str | None:
        source = section(self.run.record, "source_metadata", self.where)
        arguments = self.part("generation_config", "generation_args")
        return details(
            evaluation=self.title or None,
            source=text(source, "source_name", self.where),
            organization=text(source, "source_organization_name", self.where),
            library=text(self.run.library, "name", self.where),
            library_version=text(self.run.library, "version", self.where),
            temperature=arguments.get("temperature") if isinstance(arguments.get("temperature"), int | float) else None,
        )


def _number(value: Any) -> Any:
    """A number that is written as text, as details only hold texts."""
    if not isinstance(value, str):
        return value if isinstance(value, int | float) else None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) else None
