"""Retrieval: exact search, BM25 by its formula, MaxSim, layouts of collections, and what the command says."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lab.checkpoints import make_checkpoint

from isogloss.errors import IsoglossError
from isogloss.lab.retrieval import bm25, max_similarities, measure_retrieval, read_collections, top_k
from isogloss.lab.retrieval.bm25 import ngram_terms
from isogloss.lab.retrieval.evaluation import make_retrievers
from isogloss.questions.retrieval import RetrieveQuestion

pytest.importorskip("regex")


@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 9))
def test_search_is_exact_and_takes_the_first_of_equal_documents(seed: int, documents: int, k: int) -> None:
    chance = np.random.default_rng(seed)
    queries, corpus = (chance.integers(-2, 3, (count, 3)).astype(np.float32) for count in (5, documents))
    products = queries @ corpus.T
    expected = np.argsort(-products, axis=1, kind="stable")[:, :k]
    found = top_k(queries, corpus, k)
    assert found.places.tolist() == expected.tolist()
    assert found.scores.tolist() == np.take_along_axis(products, expected, 1).tolist()


def test_search_in_blocks_is_the_same_as_at_once(monkeypatch) -> None:
    from isogloss.lab.retrieval import search

    chance = np.random.default_rng(0)
    queries, corpus = chance.normal(size=(50, 8)), chance.normal(size=(70, 8))
    at_once = top_k(queries, corpus, 7)
    monkeypatch.setattr(search, "BLOCK", 150)
    assert top_k(queries, corpus, 7).places.tolist() == at_once.places.tolist()


def test_maxsim_adds_the_best_token_of_the_document_for_each_token_of_the_query() -> None:
    queries = np.array([[1.0, 0], [0, 1], [0.6, 0.8]])
    documents = np.array([[1.0, 0], [0.8, 0.6], [0, 1]])
    scores = max_similarities(queries, np.array([0, 2]), documents, np.array([0, 2]))
    assert scores == pytest.approx(np.array([[1 + 0.6, 0 + 1], [0.96, 0.8]]))


def test_bm25_is_its_formula() -> None:
    documents = ["the red fox", "the dog and the fox", "a cat"]
    scores = bm25(["red fox fox"], documents)
    mean = (3 + 5 + 2) / 3

    def term(count: int, of: int, length: int) -> float:
        return math.log(1 + (3 - of + 0.5) / (of + 0.5)) * count / (count + 0.9 * (1 - 0.4 + 0.4 * length / mean))

    assert scores[0] == pytest.approx([term(1, 1, 3) + 2 * term(1, 2, 3), 2 * term(1, 2, 5), 0])


def test_pieces_of_words_need_no_spaces_and_match_inflected_forms() -> None:
    assert ngram_terms("Fox ran") == [" fox", "fox ", "ox r", "x ra", " ran", "ran "]
    assert ngram_terms("今日は雨") == ["今日", "日は", "は雨"]
    scores = bm25(["talossa"], ["talo", "koira"], ngram_terms)
    assert scores[0, 0] > scores[0, 1] == 0


def test_a_name_in_another_script_is_found_by_its_pieces() -> None:
    """A Japanese query, English documents: what both write in Latin letters is cut alike."""
    assert ngram_terms("2019年のBerlin")[:3] == [" 201", "2019", "019 "]
    scores = bm25(["Berlinの博物館"], ["the museum in Berlin", "a storm"], ngram_terms)
    assert scores[0, 0] > scores[0, 1] == 0


def beir(folder: Path) -> Path:
    (folder / "qrels").mkdir(parents=True)
    documents = [
        {"_id": "d1", "title": "Fox", "text": "The red fox runs."},
        {"_id": "d2", "title": "", "text": "A cat."},
        {"_id": "d3", "title": "Rain", "text": "It rains in May."},
    ]
    queries = [
        {"_id": "q1", "text": "a fox"},
        {"_id": "q2", "text": "rains of May"},
        {"_id": "q3", "text": "no answer"},
    ]
    for name, rows in (("corpus", documents), ("queries", queries)):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "qrels/test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t2\nq2\td3\t1\nq3\td2\t0\n")
    return folder


def mmarco(folder: Path) -> Path:
    folder.mkdir()
    (folder / "collection.tsv").write_text("d1\tDer rote Fuchs rennt.\nd2\tEine Katze.\n")
    (folder / "queries.dev.tsv").write_text("q1\tein Fuchs\n")
    (folder / "qrels.dev.tsv").write_text("q1 0 d1 1\n")
    return folder


def test_layouts_of_beir_and_mmarco_are_read_one_folder_per_language(tmp_path) -> None:
    beir(tmp_path / "eng"), mmarco(tmp_path / "deu")
    german, english = read_collections(tmp_path)
    assert (german.languages, german.queries, german.grades) == (("deu", "deu"), ["ein Fuchs"], [{"d1": 1.0}])
    assert (english.query_ids, english.documents[0]) == (["q1", "q2"], "Fox The red fox runs.")
    assert [one.languages for one in read_collections(tmp_path, languages=["German"])] == [("deu", "deu")]
    (alone,) = read_collections(tmp_path / "eng", language="English")
    assert alone.grades == english.grades
    scores = measure_retrieval([german, english], make_retrievers(["bm25"])).scores
    assert scores.filter(metric="mrr@10")["value"].to_list() == [1, 1]


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("qrels/test.tsv", "q9\td1\t1\n", "no query has a relevant document"),
        ("qrels/test.tsv", "q1\tX1\t1\n", "no relevant document is there; check ids of documents"),
        ("qrels/test.tsv", "q1\td1\t1\nq1\td2\n", "line 2: 2 columns, not 3 or 4"),
        ("qrels/test.tsv", "q1\td1\t1\nq1\td2\tgood\n", "line 2: 'good' is no grade"),
        ("queries.jsonl", '{"name": "q1"}', "has only name; give _id and text"),
        ("corpus.jsonl", '{"_id": "1", "text": "a"}\n{"_id": "1", "text": "b"}', "has an id twice"),
    ],
)
def test_a_collection_that_cannot_be_read_is_named(file: str, content: str, reason: str, tmp_path) -> None:
    beir(tmp_path / "eng")
    (tmp_path / "eng" / file).write_text(content)
    with pytest.raises(IsoglossError, match=reason):
        read_collections(tmp_path / "eng", language="eng")


def test_languages_that_are_not_there_are_refused(tmp_path) -> None:
    beir(tmp_path / "eng"), mmarco(tmp_path / "deu")
    with pytest.raises(IsoglossError, match="languages: no queries in 'German'; choose from eng"):
        read_collections(tmp_path / "eng", languages=["German"])
    with pytest.raises(IsoglossError, match="languages: no queries in 'yor'; choose from deu, eng"):
        read_collections(tmp_path, languages=["deu", "yor"])
    with pytest.raises(IsoglossError, match="language: is of one folder"):
        read_collections(tmp_path, language="German")
    with pytest.raises(IsoglossError, match="languages: no queries but in 'English'"):
        read_collections(parallel({"deu": "en"}), languages=["English"])


WORDS = "sun moon river stone bread water tree house night day fish bird fire snow wind road".split()


def parallel(copies: dict[str, str]) -> pl.DataFrame:
    """English sentences, and languages that write every word with an ending of their own."""
    chance = np.random.default_rng(3)
    sentences = [[*chance.choice(WORDS, 5, replace=False)] for _ in range(30)]
    rows = [("eng", str(place), " ".join(words)) for place, words in enumerate(sentences)]
    for language, ending in copies.items():
        rows += [(language, str(place), " ".join(w + ending for w in words)) for place, words in enumerate(sentences)]
    return pl.DataFrame(rows, schema=["language", "id", "text"], orient="row")


def test_translations_that_share_pieces_of_words_are_found_by_pieces_alone(tmp_path) -> None:
    table = parallel({"deu": "en", "hin": ""}).with_columns(
        text=pl.when(pl.col("language") == "hin").then(pl.lit("कुछ और")).otherwise("text")
    )
    answer = RetrieveQuestion(source=table, metrics=["ndcg@10"], into=str(tmp_path / "store")).answer()
    scores = {(row["retriever"], row["language"]): row["value"] for row in answer.result.scores.iter_rows(named=True)}
    assert scores["bm25-ngrams", "deu"] > 0.9
    assert scores["bm25", "deu"] < 0.3
    assert scores["bm25-ngrams", "hin"] < 0.3
    assert answer.sentences[0].startswith("Best of 2 by ndcg@10: bm25-ngrams, ")
    import isogloss

    stored = isogloss.Store(tmp_path / "store").read().observations
    assert (stored["metric"].unique().to_list(), stored["pair"].unique().to_list()) == (["ndcg_at_10"], ["x-eng"])


def test_a_model_is_compared_with_bm25_query_by_query(tmp_path) -> None:
    pytest.importorskip("torch", reason="needs the extra lab")
    make_checkpoint(tmp_path / "encoder")
    answer = RetrieveQuestion(
        source=parallel({"deu": ""}), model=str(tmp_path / "encoder"), metrics=["mrr@10"],
        methods=["bm25", "bi-encoder", "late-interaction"],
    ).answer()  # fmt: skip
    (difference,) = answer.result.differences.iter_rows(named=True)
    scores = dict(answer.result.scores.select("retriever", "value").iter_rows())
    assert scores["late-interaction"] == pytest.approx(1.0)
    assert difference["difference"] == pytest.approx(
        max(scores["bi-encoder"], scores["late-interaction"]) - scores["bm25"]
    )
    assert "The model finds more than the best BM25 in 0 of 1 language" in answer.sentences[-1]


def test_with_few_queries_that_is_what_is_said_first() -> None:
    table = parallel({"deu": "en"}).filter(pl.col("id").is_in(["0", "1"]))
    answer = RetrieveQuestion(source=table, methods=["bm25-ngrams"], metrics=["mrr@10"]).answer()
    assert answer.sentences == (
        "Too few queries to tell how good retrieval is: under 5 in German.", "mrr@10 of bm25-ngrams: 1.000 in German.",
    )  # fmt: skip


def test_methods_of_a_model_need_one() -> None:
    with pytest.raises(IsoglossError, match="without a model: unknown retriever 'bi-encoder'"):
        RetrieveQuestion(source=parallel({"deu": ""}), methods=["bi-encoder"]).answer()
