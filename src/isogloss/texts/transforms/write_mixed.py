"""`write-mixed`: texts that a model writes anew with parts in another language, as far as judges let them pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from isogloss.errors import BadValue
from isogloss.models.respondents import Respondent, RunSettings, open_respondent
from isogloss.parameters import Count
from isogloss.texts.mixing.drafts import Draft
from isogloss.texts.mixing.judges import Judge, OrderJudge, PromptedJudge, ShareJudge
from isogloss.texts.mixing.writing import write_mixed
from isogloss.texts.transforms import Item, Outcome, TextTransform
from isogloss.texts.words import cut_words


@dataclass(frozen=True)
class WriteMixed(TextTransform):
    """Ask a model to mix another language into each text, and keep what judges let pass.

    Parameters
    ----------
    model : str
        A checkpoint, or the address of an endpoint: `http://localhost:8000/v1#NAME`.
    judge : str
        A model that is asked to judge; it may be the same. Without one, only what is measured counts.
    rater : str
        A decoder, or an endpoint of completions, that finds texts likely or not; without one, order is not judged.
    criteria : list of str
        What `judge` is asked.
    least : float, default 4
        Number from 1 to 5 that passes.
    least_share, most_share : float, default 0.15, 0.6
        Words in the other language.
    least_order : float, default 0.95
        See `isogloss.texts.OrderJudge`.
    rounds : int, default 2
        How often a text is written again at most.
    form : {"", "text", "chat"}, default ""
        As of the translator `prompted`, of `model` and `judge`.
    max_new : int, default 256
        Tokens of a text at most.

    Notes
    -----
    See `isogloss.texts.write_mixed`. A text that is refused is dropped with its reason; labels stay, and words with
    tags are refused. Measures: `cmi`, as of `code-switch`; `replaced`, the share of words in the other language;
    `rewritten`, the share of the kept texts that were written again.
    """

    name: ClassVar[str] = "write-mixed"

    model: str = ""
    judge: str = ""
    rater: str = ""
    criteria: list[str] = field(default_factory=lambda: ["naturalness", "culture", "meaning"])
    least: Annotated[float, Ge(1), Le(5)] = 4.0
    least_share: Annotated[float, Gt(0), Lt(1)] = 0.15
    most_share: Annotated[float, Gt(0), Lt(1)] = 0.6
    least_order: Annotated[float, Ge(0), Le(1)] = 0.95
    rounds: Annotated[int, Ge(0)] = 2
    form: Literal["", "text", "chat"] = ""
    max_new: Count = 256

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.model:
            raise BadValue(f"{self.name} has no model", hint='write model = "folder of a decoder"')

    @property
    def identity(self) -> dict[str, Any]:
        """The models by their content, or their addresses."""
        own = {name: value for name, value in self.parameters.items() if name not in ("model", "judge", "rater")}
        by = {name: {**one.identity} for name, one in self._respondents.items()}
        return super().identity | {"parameters": own, "respondents": by}

    @property
    def label(self) -> str:
        """With the names of the models."""
        names = [f"{name}={one.name}" for name, one in self._respondents.items()]
        return f"{self.name}({','.join([*names, *self.changed('model', 'judge', 'rater')])})"

    @cached_property
    def _respondents(self) -> dict[str, Respondent]:
        asked = RunSettings(form=self.form or None, max_new=self.max_new)
        settings = {"model": asked, "judge": asked, "rater": RunSettings(form="text", normalise="sum")}
        return {name: open_respondent(place, settings[name]) for name in settings if (place := getattr(self, name))}

    def _judges(self) -> list[Judge]:
        there = self._respondents
        judges: list[Judge] = [ShareJudge(self.least_share, self.most_share)]
        if "rater" in there:
            judges.append(OrderJudge(there["rater"], self.least_order, self.seed))
        if "judge" in there:
            judges += [PromptedJudge(there["judge"], name, self.least) for name in self.criteria]
        return judges

    def apply(self, items: Sequence[Item], origin: str, into: str) -> Outcome:
        """The items that passed every judge.

        Raises
        ------
        BadValue
            If no other language is named, or words have tags.
        """
        if origin == into:
            raise BadValue("no language to switch to", where=self.name, hint='name it, as into = "deu"')
        if any(item.tags for item in items):
            raise BadValue("words that a model writes have no tags", where=self.name,
                           hint="carry them over with project")  # fmt: skip
        drafts = [Draft(f"{item.id} {item.part}", origin, into, item.written) for item in items]
        mixed = write_mixed(self._respondents["model"], drafts, self._judges(), rounds=self.rounds, control=0,
                            seed=self.seed)  # fmt: skip
        written = dict(mixed.rows.select("id", "text").iter_rows())
        reasons = dict(mixed.dropped.select("item", "reason").iter_rows())
        names = [f"{item.id} {item.part}" for item in items]
        dropped = {item.id: f"refused: {reasons[name]}" for item, name in zip(items, names, strict=True)
                   if name in reasons}  # fmt: skip
        kept = [
            item._replace(words=tuple(cut_words(text)), text=text if item.text else "")
            for item, name in zip(items, names, strict=True)
            if item.id not in dropped and (text := written.get(name))
        ]
        rows = mixed.rows.filter([name.rpartition(" ")[0] not in dropped for name in mixed.rows["id"]])
        measures = {
            "cmi": float(np.mean(rows["cmi"].to_numpy())), "replaced": float(np.mean(rows["share"].to_numpy())),
            "rewritten": float(np.mean(rows["rounds"].to_numpy() > 0)),
        } if rows.height else {}  # fmt: skip
        return Outcome(kept, dropped, measures=measures)
