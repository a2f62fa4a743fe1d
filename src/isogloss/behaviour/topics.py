"""Topics of questions that nobody gave topics to: clusters of their texts in one language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.behaviour.items import require
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.models.inputs import SLOT

PIVOT = "eng"
STARTS, WORDS = 10, 3
"""Starts of the clustering, of which the best counts, and words that a topic is called by."""


def cluster_topics(questions: pl.DataFrame, count: int, *, encoder: str | None = None, seed: int = 0) -> pl.DataFrame:
    """Put questions into topics by their texts.

    Parameters
    ----------
    questions : polars.DataFrame
        `item`, `question`, and `language` and `task` where there are several. Of several languages, the English texts
        count, or else those of the first language.
    count : int
        Topics.
    encoder : str, optional
        Whose vectors are compared, see `isogloss.models.load_encoder`; by default words, weighted by how few questions
        they are in.
    seed : int

    Returns
    -------
    polars.DataFrame
        `item` (and `task`) with `topic`, a number and the words that are most of its own.

    Raises
    ------
    BadValue, NotEnoughEvidence
        If there is no text, no word that tells questions apart, or fewer questions than topics.

    Notes
    -----
    k-means of unit vectors, from the best of ten starts by k-means++ (Arthur and Vassilvitskii 2007). Agarwal et al.
    (LSKExtractor) take the first centres as they are, and an encoder of 0.6 billion weights. Answers play no part, so
    that items held out may be among the texts.
    """
    from sklearn.cluster import KMeans
    from sklearn.feature_extraction.text import TfidfVectorizer

    require(questions, "item", "question")
    texts = _one_language(questions)
    if texts.height <= count:
        raise NotEnoughEvidence(f"{texts.height} questions are too few for {count} topics", where="questions",
                                hint="ask for fewer topics")  # fmt: skip
    written = [str(one).replace(SLOT, " ") for one in texts["question"]]
    counter = TfidfVectorizer(sublinear_tf=True, max_df=0.5)
    try:
        weights = counter.fit_transform(written)
    except ValueError:
        raise BadValue("no word is in fewer than half of the questions", where="questions, column question",
                       hint="give texts with spaces between words, or an encoder") from None  # fmt: skip
    vectors: Any = weights if encoder is None else _encoded(encoder, written)
    topics = KMeans(count, n_init=STARTS, random_state=seed).fit_predict(vectors)
    names = _names(topics, weights, counter.get_feature_names_out())
    kept = [name for name in ("task", "item") if name in texts.columns]
    return texts.select(kept).with_columns(topic=pl.Series([names[topic] for topic in topics]))


def _one_language(questions: pl.DataFrame) -> pl.DataFrame:
    """Each question once, in English if it is there."""
    table = questions
    if "language" in table.columns:
        there = table["language"].unique(maintain_order=True).to_list()
        table = table.filter(language=PIVOT if PIVOT in there else there[0])
    key = [name for name in ("task", "item") if name in table.columns]
    return table.drop_nulls("question").unique(key, keep="first", maintain_order=True)


def _encoded(encoder: str, texts: Sequence[str]) -> NDArray[Any]:
    from isogloss.models import load_encoder

    vectors = np.asarray(load_encoder(encoder).encode(texts), float)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))


def _names(topics: NDArray[Any], weights: Any, words: NDArray[Any]) -> list[str]:
    """What each topic is called: a number, and the words that weigh more in it than in all questions."""
    overall, names = np.asarray(weights.mean(0)).ravel(), []
    for topic in range(int(topics.max()) + 1):
        own = np.asarray(weights[np.flatnonzero(topics == topic)].mean(0)).ravel() - overall
        best = [str(words[at]) for at in np.argsort(-own, kind="stable")[:WORDS] if own[at] > 0]
        names.append(f"{topic + 1}: {', '.join(best)}" if best else str(topic + 1))
    return names
