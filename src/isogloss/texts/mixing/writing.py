"""Texts that mix two languages, written by a model, judged, and written again where a judge does not let them pass."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from isogloss.errors import BadValue
from isogloss.files import atomic_write
from isogloss.models.respondents import Meter, Respondent, ask
from isogloss.models.respondents.base import Form
from isogloss.progress import Progress
from isogloss.texts.mixing.drafts import (
    CONDITIONS,
    WRITE,
    WRITE_ABOUT,
    WRITE_AGAIN,
    Draft,
    draw_conditions,
    one_line,
)
from isogloss.texts.mixing.judges import Judge, Judgement
from isogloss.texts.mixing.word_languages import check_pair, mixing_index, shares_of

ROUNDS = 2
"""How often a text is written again at most."""
CONTROL = 10
"""Texts by which it is tested whether a judge can tell."""

NO_REPLY, DUPLICATE, UNJUDGED = "no_reply", "duplicate", "unjudged"

_PAIR: dict[str, pl.DataType] = dict.fromkeys(("language", "embedded", "item"), pl.String())
_JUDGED = _PAIR | {"round": pl.Int64(), "judge": pl.String(), "score": pl.Float64(), "passes": pl.Boolean(),
                   "advice": pl.String()}  # fmt: skip
_DROPPED = _PAIR | {"text": pl.String(), "reason": pl.String(), "rounds": pl.Int64()}
_OF_TEXT = ("id", "language", "embedded", "text", "source", "topic", *CONDITIONS)
_ROWS: dict[str, pl.DataType] = dict.fromkeys(_OF_TEXT, pl.String()) | {
    "rounds": pl.Int64(), "share": pl.Float64(), "cmi": pl.Float64(),
}  # fmt: skip
_JUDGES = {"judge": pl.String(), "judged": pl.Int64(), "unjudged": pl.Int64(), "passed": pl.Int64(),
           "mean": pl.Float64(), "discrimination": pl.Float64(), "pairs": pl.Int64(), "against": pl.String(),
           "scale": pl.String()}  # fmt: skip


@dataclass(frozen=True)
class MixedTexts:
    """Mixed texts that judges let pass, and what became of the others.

    Attributes
    ----------
    rows : polars.DataFrame
        `id`, `language`, `embedded`, `text`, `source`, `topic`, the conditions, `rounds` (how often it was written
        again), `share` (of words in the embedded language), `cmi`, and a column `judge NAME` for each score.
    dropped : polars.DataFrame
        `language`, `embedded`, `item`, `text` (the last), `reason` and `rounds`. Reasons are `no_reply`, `duplicate`,
        the name of the judge that the text did not pass, or `unjudged NAME` where that judge gave no score.
    judgements : polars.DataFrame
        Every judgement: `language`, `embedded`, `item`, `round`, `judge`, `score`, `passes`, `advice`.
    judges : polars.DataFrame
        For each `judge`: `judged`, `unjudged`, `passed`, `mean`; in `pairs` pairs of a text and one that it should be
        better than, the share `discrimination` in which it has the higher score, ties counting half; `against`, what
        the other one is (the words in random order, of judges that are asked, and the text in one language, of shares);
        `scale`.
    languages : polars.DataFrame
        For each pair of languages `texts`, `kept`, `rewritten` (of those kept), and how many were refused for each
        reason that there was.
    """

    rows: pl.DataFrame
    dropped: pl.DataFrame
    judgements: pl.DataFrame
    judges: pl.DataFrame
    languages: pl.DataFrame

    def write(self, path: str | Path) -> None:
        """Write the rows as JSON lines."""
        atomic_write(Path(path), self.rows.write_ndjson)


def write_mixed(
    respondent: Respondent,
    drafts: Sequence[Draft],
    judges: Sequence[Judge],
    *,
    prompt: str = "",
    rounds: int = ROUNDS,
    control: int = CONTROL,
    seed: int = 0,
    meter: Meter | None = None,
    progress: Progress | None = None,
) -> MixedTexts:
    """Let a model write texts that mix two languages, and let judges decide which are kept.

    Parameters
    ----------
    respondent : Respondent
        Writes the texts.
    drafts : sequence of Draft
        What they are to be, see `read_drafts`.
    judges : sequence of Judge
        In their order: a judge sees what passed those before it.
    prompt : str
        What is asked at first, with `{source}` or `{topic}`, and perhaps `{language}`, `{embedded}` and `{conditions}`.
    rounds : int
        How often a text that did not pass is written again at most, with what the judge said.
    control : int
        For how many texts of the first round a judge is given another, too, that should have a lower score.
    seed : int
        Of the conditions that nothing says, and of random orders.
    meter : Meter, optional
    progress : Progress, optional

    Raises
    ------
    BadValue
        If words of a pair of languages cannot be told apart, there is no judge or two of one name, or a prompt has no
        place for what there is.
    MissingExtra
        Without a library that identifies languages.
    IsoglossError
        If a model cannot be run.

    Notes
    -----
    After the agents of SwitchLingua (2025), which write, judge and refine: the prompts, scales and thresholds are
    isogloss's own. A model is asked at most 1 + `rounds` times to write a text, and each judge as often to judge it. A
    text that a judge gives no score, or that comes back as it was, is not written again.
    """
    _check(drafts, judges, prompt)
    drafts = deepcopy([*drafts])
    draw_conditions(drafts, seed)
    panel = _Panel(judges, control, seed, meter, progress)
    kept: dict[tuple[str, str, str], Draft] = {}
    dropped: list[tuple[Draft, str]] = []
    refusals: dict[int, _Refusal] = {}
    waiting = [*drafts]
    for number in range(rounds + 1):
        prompts = [_asked(one, respondent.form, prompt, refusals.get(id(one))) for one in waiting]
        replies = ask(respondent, "write", prompts, meter=meter, progress=progress) if prompts else []
        written = []
        for one, reply in zip(waiting, map(one_line, replies), strict=True):
            if not reply or reply == one.text:
                dropped.append((one, refusals[id(one)].reason if reply else NO_REPLY))
            else:
                one.text, one.rounds, one.scores = reply, number, {}
                written.append(one)
        refusals, waiting = panel.judge(written, number), []
        for one in written:
            refusal = refusals.get(id(one))
            if refusal is not None and refusal.advice and number < rounds:
                waiting.append(one)
            elif refusal is not None:
                dropped.append((one, refusal.reason))
            elif kept.setdefault((one.language, one.embedded, one.text.casefold()), one) is not one:
                dropped.append((one, DUPLICATE))
    return _result(drafts, [*kept.values()], dropped, panel)


class _Refusal(NamedTuple):
    """Why a text did not pass; without advice it is not written again."""

    reason: str
    advice: str


class _Panel:
    """Judges in their order, and what they said so far."""

    def __init__(
        self, judges: Sequence[Judge], control: int, seed: int, meter: Meter | None, progress: Progress | None
    ):
        self._judges, self._control, self._seed = judges, control, seed
        self._meter, self._progress = meter, progress
        self.said: list[dict[str, Any]] = []
        self.controls: dict[str, list[float]] = {}

    def judge(self, drafts: Sequence[Draft], number: int) -> dict[int, _Refusal]:
        """What is said against texts, by their identity; each sees what passed the judges before."""
        refused: dict[int, _Refusal] = {}
        for judge in self._judges:
            seen = [one for one in drafts if id(one) not in refused and judge.applies(one)]
            found = judge.judge(seen, self._meter, self._progress)
            if number == 0:
                self.controls[judge.name] = self._outcomes(judge, seen[: self._control], found)
            for one, judgement in zip(seen, found, strict=True):
                self.said.append({"language": one.language, "embedded": one.embedded, "item": one.item,
                                  "round": number, "judge": judge.name, **judgement._asdict()})  # fmt: skip
                if judgement.score is None:
                    refused[id(one)] = _Refusal(f"{UNJUDGED} {judge.name}", "")
                elif not judgement.passes:
                    refused[id(one)] = _Refusal(judge.name, judgement.advice)
                else:
                    one.scores[judge.name] = judgement.score
        return refused

    def _outcomes(self, judge: Judge, drafts: Sequence[Draft], found: Sequence[Judgement]) -> list[float]:
        """1 where a text has a higher score than its control, 1/2 where it has the same, else 0."""
        controls = [judge.control(one, self._seed) for one in drafts]
        asked = [(one.score, control) for one, control in zip(found, controls, strict=False) if control is not None]
        others = judge.judge([control for _, control in asked], self._meter, self._progress)
        pairs = [(score, other.score) for (score, _), other in zip(asked, others, strict=True)]
        return [float(one > other) + 0.5 * (one == other)
                for one, other in pairs if one is not None and other is not None]  # fmt: skip

    def table(self) -> pl.DataFrame:
        """See `MixedTexts.judges`."""
        rows = []
        for judge in self._judges:
            own = [one for one in self.said if one["judge"] == judge.name]
            scores = [one["score"] for one in own if one["score"] is not None]
            outcomes = self.controls.get(judge.name, [])
            rows.append({
                "judge": judge.name, "judged": len(own), "unjudged": len(own) - len(scores),
                "passed": sum(bool(one["passes"]) for one in own), "mean": float(np.mean(scores)) if scores else None,
                "discrimination": float(np.mean(outcomes)) if outcomes else None, "pairs": len(outcomes),
                "against": judge.against, "scale": judge.scale,
            })  # fmt: skip
        return pl.DataFrame(rows, schema=_JUDGES)


def _check(drafts: Sequence[Draft], judges: Sequence[Judge], prompt: str) -> None:
    if not judges or len({one.name for one in judges}) < len(judges):
        raise BadValue("has no judge" if not judges else "has two judges of one name", where="judges",
                       hint="name each once, at least one")  # fmt: skip
    for pair in {(one.language, one.embedded) for one in drafts}:
        check_pair(*pair)
    for place, lacking in (
        ("source", any(one.source for one in drafts)),
        ("topic", any(not one.source for one in drafts)),
    ):
        if prompt and lacking and prompt.count(f"{{{place}}}") != 1:
            raise BadValue(
                f"has {{{place}}} {prompt.count(f'{{{place}}}')} times", where="prompt", hint="write it once"
            )


def _asked(draft: Draft, form: Form, prompt: str, refusal: _Refusal | None) -> str:
    if refusal is not None:
        return draft.prompt(WRITE_AGAIN, form, judgement=refusal.advice)
    return draft.prompt({form: prompt} if prompt else WRITE if draft.source else WRITE_ABOUT, form)


def _result(
    drafts: Sequence[Draft], kept: Sequence[Draft], dropped: Sequence[tuple[Draft, str]], panel: _Panel
) -> MixedTexts:
    rows = []
    for one in kept:
        counts = np.array(shares_of([one.text], one.language, one.embedded))
        rows.append({
            "id": one.item, "language": one.language, "embedded": one.embedded, "text": one.text,
            "source": one.source, "topic": one.topic, **{name: one.conditions.get(name, "") for name in CONDITIONS},
            "rounds": one.rounds, "share": float(counts[0, 1] / max(1, counts.sum())), "cmi": mixing_index(counts),
            **{f"judge {name}": score for name, score in one.scores.items()},
        })  # fmt: skip
    lost = [(one.language, one.embedded, one.item, one.text, reason, one.rounds) for one, reason in dropped]
    table = pl.DataFrame(lost, schema=_DROPPED, orient="row")
    judged: dict[str, pl.DataType] = {f"judge {name}": pl.Float64() for name in panel.table()["judge"]}
    return MixedTexts(
        pl.DataFrame(rows, schema=_ROWS | judged), table, pl.DataFrame(panel.said, schema=_JUDGED), panel.table(),
        _by_pair(drafts, kept, table),
    )  # fmt: skip


def _by_pair(drafts: Sequence[Draft], kept: Sequence[Draft], dropped: pl.DataFrame) -> pl.DataFrame:
    """Texts, kept and rewritten ones, and reasons, by pair of languages."""
    reasons = dropped["reason"].unique(maintain_order=True).to_list()
    rows = []
    for pair in dict.fromkeys((one.language, one.embedded) for one in drafts):
        own = [one for one in kept if (one.language, one.embedded) == pair]
        lost = dropped.filter(language=pair[0], embedded=pair[1])["reason"].to_list()
        texts = sum((one.language, one.embedded) == pair for one in drafts)
        rows.append({"language": pair[0], "embedded": pair[1], "texts": texts, "kept": len(own),
                     "rewritten": sum(one.rounds > 0 for one in own)}
                    | {reason: lost.count(reason) for reason in reasons})  # fmt: skip
    return pl.DataFrame(rows)
