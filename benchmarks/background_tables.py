"""Public tables of scores, read from their published files: what the background that ships is learnt from.

Writes src/isogloss/forecasting/background/data/public_tables.parquet. What is left out and why:
- rows at chance, rows measured in under half of a table's languages, and all but 40 rows drawn at random;
- models of the E5 family in MTEB, because the label-free probe of languages is one of them;
- languagebench scores of exactly 0, which are nearly always runs that failed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.common import DATA, ROOT, SUMEVAL_TRAIN, have_data, sumeval
from isogloss.errors import UnknownLanguage
from isogloss.evidence import read_evidence
from isogloss.forecasting.background.tables import ScoreTable, write_tables
from isogloss.languages import resolve

OBSERVATIONS = DATA / "observations"
SHIPPED = ROOT / "src" / "isogloss" / "forecasting" / "background" / "data" / "public_tables.parquet"

RETRIEVAL = {
    "BelebeleRetrieval", "MLQARetrieval", "MIRACLRetrievalHardNegatives", "NTREXBitextMining",
    "IndicGenBenchFloresBitextMining", "Tatoeba",
}  # fmt: skip
MTEB_CHANCE = {
    "SIB200Classification": 1 / 7, "XNLI": 1 / 2, "PawsXPairClassification": 1 / 2, "AfriSentiClassification": 1 / 3,
    "NusaX-senti": 1 / 3, "MasakhaNEWSClassification": 1 / 7, "MultiHateClassification": 1 / 2,
}  # fmt: skip
CORPUS = {
    "SIB200Classification": "sib", "SIB200ClusteringS2S": "sib", "MassiveIntentClassification": "massive",
    "MassiveScenarioClassification": "massive", "NTREXBitextMining": "flores", "BelebeleRetrieval": "belebele",
    "IndicGenBenchFloresBitextMining": "flores", "Tatoeba": "flores", "XNLI": "xnli",
}  # fmt: skip
"""Test texts of MTEB's tasks; of others the task itself. Tables of parallel sentences tell of each other."""
GRIDS = (
    ("sib200-minilm", "sib", "fine-tuned", 1 / 7), ("udpos-minilm", "udpos", "fine-tuned", 0.0),
    ("sib200-few-shot", "sib", "few-shot", 1 / 7),
)  # fmt: skip
FEWEST_LANGUAGES = 8


@lru_cache(maxsize=4096)
def _identifier(code: str) -> str | None:
    try:
        return resolve(code).id
    except UnknownLanguage:
        return None


def score_table(
    cells: pl.DataFrame, name: str, source: str, kind: str, corpus: str, chance: float = 0.0, *,
    share: float = 0.5, most: int = 40,
) -> ScoreTable | None:  # fmt: skip
    """A table from cells (row, code, score), or None where too little is left.

    Parameters
    ----------
    share : float
        Of the languages in which a row must have been measured.
    most : int
        Rows, drawn at random.
    """
    codes = {code: _identifier(code) for code in cells["code"].unique()}
    known = cells.with_columns(language=pl.col("code").replace_strict(codes, return_dtype=pl.String))
    known = known.drop_nulls().group_by("row", "language").agg(pl.col("score").sort().mean()).sort("row", "language")
    wide = known.pivot(on="language", index="row", values="score")
    languages = sorted(wide.columns[1:])
    rows, scores = np.array(wide["row"].to_list(), dtype=object), wide.select(languages).to_numpy().astype(float)
    kept = np.isfinite(scores).mean(1) >= share
    rows, scores = rows[kept], scores[kept]
    kept = (np.nanmean(scores, 1) - chance > 0.04) & (np.nanstd(scores, 1) > 0.01)
    rows, scores = rows[kept], scores[kept]
    if len(rows) > most:
        drawn = np.sort(np.random.default_rng(0).choice(len(rows), most, replace=False))
        rows, scores = rows[drawn], scores[drawn]
    columns = np.isfinite(scores).sum(0) >= max(1, 0.3 * len(scores))
    names = tuple(language for language, keep in zip(languages, columns, strict=True) if keep)
    if not len(rows) or len(names) < FEWEST_LANGUAGES:
        return None
    return ScoreTable(name, source, kind, corpus, chance, tuple(map(str, rows)), names, scores[:, columns])


def mteb() -> Iterator[ScoreTable | None]:
    """MTEB's published results."""
    scores = pl.read_parquet(OBSERVATIONS / "mteb" / "scores.parquet").filter(
        ~pl.col("model").str.to_lowercase().str.contains("e5")
    )
    others = pl.col("languages").str.split("|").list.filter(pl.element() != "eng-Latn")
    cells = scores.with_columns(others=others).filter(pl.col("others").list.len() <= 1)
    cells = cells.with_columns(code=pl.col("others").list.first().fill_null("eng-Latn"))
    for (task,), rows in cells.group_by("task", maintain_order=True):
        kind = "retrieval" if task in RETRIEVAL else "embeddings"
        measured = rows.select("code", row="model", score="main_score")
        yield score_table(
            measured, f"mteb:{task}", "MTEB", kind, CORPUS.get(str(task), str(task)), MTEB_CHANCE.get(str(task), 0.0)
        )


def sib200_llm() -> Iterator[ScoreTable | None]:
    """GPT-3.5 and GPT-4 on SIB-200."""
    cells = pl.read_csv(OBSERVATIONS / "sib200_llm_scores.tsv", separator="\t")
    yield score_table(
        cells.select(row="model", code="lang", score="accuracy"), "sib200-llm", "SIB-200", "prompted", "sib", 1 / 7
    )


def languagebench() -> Iterator[ScoreTable | None]:
    """Prompted models in up to 91 languages."""
    cells = pl.read_parquet(OBSERVATIONS / "languagebench" / "scores.parquet").filter(pl.col("score") > 0)
    for task, chance, corpus in (
        ("classification", 1 / 7, "sib"), ("arc", 1 / 4, "arc"), ("mmlu", 1 / 4, "mmlu"), ("mgsm", 0.0, "mgsm"),
    ):  # fmt: skip
        measured = cells.filter(pl.col("task") == task).select("score", row="model", code="bcp_47")
        yield score_table(measured, f"languagebench:{task}", "languagebench", "prompted", corpus, chance, share=0.4)


def proxylm() -> Iterator[ScoreTable | None]:
    """Fine-tuned models on MASSIVE, and translation from English."""
    for task, ending in (("intent", "_accuracy"), ("slot", "_f1")):
        cells = pl.read_csv(OBSERVATIONS / "proxylm" / f"{task}_experiments.csv")
        for column in (name for name in cells.columns if name.endswith(ending)):
            percent = 100 if cells[column].max() > 1.5 else 1  # type: ignore[operator]
            measured = cells.select(row="source_lang", code="target_lang", score=pl.col(column) / percent)
            name = f"proxylm:{task}:{column.removesuffix(ending)}"
            yield score_table(measured, name, "ProxyLM", "fine-tuned", "massive", most=12)
    cells = pl.read_csv(OBSERVATIONS / "proxylm" / "mt560_experiments.csv", infer_schema_length=None)
    for model in ("m2m100_ft", "m2m100_noft", "small100_noft", "nllb_ft", "nllb_noft"):
        score = pl.col(f"{model}_chrF2++_mean") / 100
        measured = cells.filter(pl.col("source_lang") == "eng").select(
            row="test_dataset", code="target_lang", score=score
        )
        yield score_table(
            measured.drop_nulls(), f"proxylm:mt:{model}", "ProxyLM", "generation", "mt560", share=0.4, most=8
        )


def nnrank() -> Iterator[ScoreTable | None]:
    """Fine-tuned taggers of names (share-alike: for judging forecasts, never for what ships)."""
    for model in ("bert-base-multilingual-cased", "xlm-roberta-base"):
        cells = pl.read_csv(OBSERVATIONS / "nnrank" / f"results_{model}_test.csv")
        percent = 100 if cells["f1"].max() > 1.5 else 1  # type: ignore[operator]
        measured = cells.select(
            row="train_file", code=pl.col("eval_file").str.replace("_test", ""), score=pl.col("f1") / percent
        )
        yield score_table(measured, f"nnrank:{model}", "NN-Rank", "fine-tuned", "wikiann", most=25)


def sumeval_training() -> Iterator[ScoreTable | None]:
    """The training files of the SumEval shared task."""
    corpora = {"XNLI": ("xnli", 1 / 3), "WikiANN": ("wikiann", 0.0), "UDPOS": ("udpos", 0.0), "TyDiQA": ("tydiqa", 0.0)}
    for name in sorted(SUMEVAL_TRAIN):
        entries = json.loads(sumeval(name).read_text(encoding="utf-8"))
        rows = [
            (str(position), code, float(score))
            for position, entry in enumerate(entries)
            for code, score in entry["eval_results"].items()
        ]
        cells = pl.DataFrame(rows, schema=["row", "code", "score"], orient="row")
        if cells["score"].max() > 1.5:  # type: ignore[operator]
            cells = cells.with_columns(pl.col("score") / 100)
        corpus, chance = corpora[name.partition("_")[0]]
        yield score_table(cells, f"sumeval:{name}", "SumEval", "fine-tuned", corpus, chance, most=12)


def grids() -> Iterator[ScoreTable | None]:
    """The grids of real models that ship with isogloss."""
    for name, corpus, kind, chance in GRIDS:
        observations = read_evidence(f"isogloss:{name}").observations
        for (model, metric), cells in observations.group_by("model", "metric", maintain_order=True):
            measured = cells.select("score", row="train", code="target")
            table = f"isogloss:{name}:{model}:{metric}"
            yield score_table(measured, table, f"isogloss:{name}", kind, corpus, chance, most=10)


def public_tables() -> list[ScoreTable]:
    """All tables whose licence lets what is learnt from them, and the scores themselves, ship."""
    readers = (mteb, sib200_llm, languagebench, proxylm, sumeval_training, grids)
    return [table for reader in readers for table in reader() if table is not None]


def judged_tables() -> list[ScoreTable]:
    """Tables that serve to judge forecasts alone."""
    return [table for table in nnrank() if table is not None]


def main(path: Path = SHIPPED) -> None:
    """Write the tables that ship."""
    if have_data("observations/mteb", "observations/languagebench", "observations/proxylm", "observations/sumeval"):
        tables = public_tables()
        write_tables(tables, path)
        print(f"{len(tables)} tables, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
