"""`ngram-logreg`: TF-IDF of character n-grams and logistic regression, the recipe that needs nothing but a CPU.

It knows no language before it is trained, so what it carries from one language to another is what the
two share in writing: names, numbers, loanwords and cognates.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.recipe import Answers, Apply, Arrays, Corpus, Estimate, Fitted, Recipe, Training
from isogloss.lab.recipe.each_label import each_label
from isogloss.lab.recipe.ngram_logreg.index import Entries, score_index, write_index
from isogloss.lab.recipe.ngram_logreg.ngrams import (
    Analyzer,
    NgramCounts,
    count_ngrams,
    counted,
    distinct_words,
    words_of,
)
from isogloss.lab.task import NO_LABEL
from isogloss.parameters import Count, Positive


@dataclass(frozen=True)
class NgramLogreg(Recipe):
    """TF-IDF of character n-grams, then multinomial logistic regression.

    Parameters
    ----------
    analyzer : {"char_wb", "char"}, default "char_wb"
        N-grams within words, or over the whole text.
    shortest, longest : int, default 2 and 5
        Lengths of n-grams, in code points.
    C : float, default 100
        Inverse strength of the L2 penalty.
    tolerance : float, default 1e-7
        Largest gradient at which fitting stops. Larger ones change answers: 1 in 80 at 1e-5, in texts of
        other scripts, where little more than the intercepts decides.
    iterations : int, default 1000
        Most iterations of L-BFGS.

    Notes
    -----
    Features are (1 + log count) * idf with idf = 1 + log((1 + n) / (1 + document frequency)), rows scaled
    to length 1: scikit-learn's `TfidfVectorizer(sublinear_tf=True)` fitted on the training texts, whose
    vocabulary is theirs; n-grams they do not have count for nothing, neither in the score nor in the length.
    Where a text shares no n-gram with them, the answer is their most likely label. Defaults were chosen on
    the development split of twelve languages.

    Where texts may have several labels, a binary regression is fitted for each.

    To tag words, each is taken as a text of its own, without those around it, and weighs as much as it is frequent.
    """

    name: ClassVar[str] = "ngram-logreg"
    answers: ClassVar[tuple[str, ...]] = ("label", "tags", "labels")
    takes_gaps: ClassVar[bool] = True

    analyzer: Analyzer = "char_wb"
    shortest: Count = 2
    longest: Count = 5
    C: Positive = 100.0
    tolerance: Positive = 1e-7
    iterations: Count = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.shortest > self.longest:
            raise BadValue(f"shortest ({self.shortest}) is above longest ({self.longest})", hint="swap them")

    @property
    def model(self) -> str:
        """There is one such model, whatever its parameters."""
        return "char-ngram"

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """Count the n-grams of every text once; training texts by row, test texts by n-gram.

        Test texts are kept as an inverted index, as search engines do, since a job needs them only at
        the n-grams of its own training texts: about a quarter of the entries, and often next to none. The index
        lies on the disk and is looked at block by block, so that any number of targets takes the same memory.
        """
        plain = corpus.kind.input_type.plain
        words: dict[str, np.ndarray[Any, Any]] = {}
        if corpus.kind.answer == "tags":
            train_texts, test_texts, words = distinct_words(corpus)
        else:
            train_texts, test_texts = ([[*map(plain, some)] for some in split] for split in (corpus.train, corpus.test))
        count = partial(count_ngrams, shortest=self.shortest, longest=self.longest, analyzer=self.analyzer)
        blocks: list[NgramCounts] = list(apply(count, [texts for texts in train_texts if texts]))
        # Those of training texts: no others can bear on an answer.
        ngrams = np.unique(np.concatenate([np.empty(0, np.uint64), *(block.ngrams for block in blocks)]))
        train = Entries(ngrams)
        while blocks:
            train.add(blocks.pop(0))  # gone as soon as it is taken over: together they are the most memory of a run
        values, columns, starts = train.arrays()
        return {
            "train_values": values, "train_columns": columns, "train_starts": starts, "ngrams": np.array([len(ngrams)]),
            **write_index(apply(count, [texts for texts in test_texts if texts]), ngrams), **words,
        }  # fmt: skip

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Learn from the training rows; there is nothing random in it, so the seed does not matter.

        Returns
        -------
        Fitted
            Arrays: ngrams, positions among the prepared ones, and rarity, their inverse document frequency in
            the training texts, both (seen,); coefficients (seen, classes), intercepts and classes (classes,),
            the last as positions in the task's labels; no classes where texts may have several labels.

        Raises
        ------
        BadValue
            If all rows have the same label.
        """
        rows, labels, learn = training.rows, training.labels, fit_in_span
        if "train_words" in prepared:
            words = prepared["train_words"][words_of(rows, prepared["train_heights"])]
            rows, labels, times = counted(words[labels != NO_LABEL], labels[labels != NO_LABEL])
            learn = partial(fit_counted, counts=times)
        if len(np.unique(labels, axis=0)) < 2:
            raise BadValue(
                f"all {len(training.rows)} training texts have the same label",
                hint="take more of them, or another seed",
            )
        counts, ngrams = self._training(prepared, rows)
        frequency = np.bincount(counts.indices, minlength=len(ngrams))
        rarity = 1 + np.log((1 + len(rows)) / (1 + frequency))
        counts.data *= rarity[counts.indices]
        lengths = np.sqrt(counts.multiply(counts).sum(axis=1))
        counts.data /= np.repeat(lengths, np.diff(counts.indptr))
        coefficients, intercepts = learn(counts, labels, C=self.C, tolerance=self.tolerance, iterations=self.iterations)
        return Fitted(
            {
                "ngrams": ngrams,
                "rarity": rarity,
                "coefficients": coefficients,
                "intercepts": intercepts,
                **({} if labels.ndim == 2 else {"classes": np.unique(labels)}),
            }
        )

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        if "classes" not in fitted.arrays:
            return {"": np.concatenate(list(score_index(prepared, fitted.arrays)))}
        classes = fitted.arrays["classes"]
        found = [classes[scores.argmax(axis=1)] for scores in score_index(prepared, fitted.arrays)]
        answers = np.concatenate(found)
        return {"": answers[prepared["test_words"]] if "test_words" in prepared else answers}

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """A job of middling size is run, on its training texts and those of one target; other programs do not count."""
        job = sorted(trainings, key=lambda one: len(one.rows))[len(trainings) // 2]
        begins = np.cumsum([0, *(len(texts) for texts in corpus.train)])
        learnt = np.unique(np.searchsorted(begins, job.rows, side="right") - 1)
        sources, target = [corpus.train[place] for place in learnt], max(corpus.test, key=len)
        began = time.process_time()
        prepared = self.prepare(Corpus([*sources, []], [*([] for _ in sources), target], kind=corpus.kind), _one_by_one)
        tried = sum(map(len, sources)) + len(target)
        share = (sum(map(len, corpus.train)) + sum(map(len, corpus.test))) / tried
        prepare, began = time.process_time() - began, time.process_time()
        moved = np.cumsum([0, *map(len, sources)])  # where the rows of each source begin among those tried
        places = np.searchsorted(begins[learnt], job.rows, side="right") - 1
        fitted = self.fit(prepared, Training(job.rows - begins[learnt][places] + moved[places], job.labels, 0))
        size = sum(len(one.rows) for one in trainings) / len(trainings)
        fit, began = (time.process_time() - began) * size / len(job.rows), time.process_time()
        self.predict(prepared, fitted)
        predict = (time.process_time() - began) * sum(map(len, corpus.test)) / len(target)
        kept = prepared["index"].nbytes
        taken = sum(array.nbytes for array in prepared.values()) - kept
        basis = f"tried on {'two' if len(sources) == 1 else len(sources) + 1} languages"
        return Estimate(prepare * share, fit + predict, 2 * taken * share, 3e8, kept * share, basis)

    def _training(self, prepared: Arrays, rows: np.ndarray[Any, Any]) -> tuple[Any, np.ndarray[Any, Any]]:
        """The training rows over the n-grams they have, as (texts, seen), and which n-grams those are."""
        from scipy.sparse import csr_array

        starts, ngrams = prepared["train_starts"], int(prepared["ngrams"][0])
        spans = [slice(starts[row], starts[row + 1]) for row in rows]
        columns = np.concatenate([prepared["train_columns"][span] for span in spans])
        values = np.concatenate([prepared["train_values"][span] for span in spans]).astype(np.float64)
        has = np.zeros(ngrams, dtype=bool)
        has[columns] = True
        seen = np.flatnonzero(has)
        place = np.empty(ngrams, dtype=np.int32)
        place[seen] = np.arange(len(seen), dtype=np.int32)
        ends = np.cumsum([0, *(span.stop - span.start for span in spans)])
        return csr_array((values, place[columns], ends), shape=(len(rows), len(seen))), seen


def _one_by_one(function: Callable[[Any], Any], values: Iterable[Any]) -> Iterator[Any]:
    yield from map(function, values)


def fit_in_span(
    features: Any, labels: np.ndarray[Any, Any], *, C: float, tolerance: float, iterations: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Multinomial logistic regression with an L2 penalty, at the cost of as many features as there are texts.

    Parameters
    ----------
    features : scipy.sparse matrix, shape (texts, features)
    labels : numpy.ndarray of int, shape (texts,) or (texts, labels)
        Of two or more classes; or, for each label, whether texts have it.
    C : float
        Inverse strength of the penalty, as scikit-learn's `LogisticRegression` has it.
    tolerance : float
        Largest gradient at which to stop.
    iterations : int
        Most iterations.

    Returns
    -------
    coefficients : numpy.ndarray of float64, shape (features, classes)
    intercepts : numpy.ndarray of float64, shape (classes,)
        Classes in the order of `numpy.unique(labels)`.

    Notes
    -----
    The penalised optimum lies in the span of the texts, and both loss and penalty stay the same under
    rotation. With the Gram matrix X X' = U S U' (S diagonal), the scores Z = U S^(1/2) are the texts in
    a basis of that span; coefficients V fitted on Z are coefficients X' U S^(-1/2) V on X. Steps of L-BFGS
    commute with the rotation too, so the result is that of fitting on X up to rounding.
    """
    from sklearn.linear_model import LogisticRegression

    gram = (features @ features.T).toarray()
    variances, directions = np.linalg.eigh(gram)
    kept = variances > max(variances[-1], 0.0) * 1e-10
    if not kept.any():  # no text has any feature: only how frequent the classes are can be learnt
        kept[-1], variances[-1] = True, 1.0
    lengths, directions = np.sqrt(variances[kept]), directions[:, kept]
    model = LogisticRegression(C=C, tol=tolerance, max_iter=iterations)
    if labels.ndim == 2:
        coefficients, intercepts = each_label(model, directions * lengths, labels)
    else:
        coefficients, intercepts = of_each_class(model.fit(directions * lengths, labels))
    return features.T @ ((directions / lengths) @ coefficients.T), intercepts


def fit_counted(
    features: Any,
    labels: np.ndarray[Any, Any],
    counts: np.ndarray[Any, Any],
    *,
    C: float,
    tolerance: float,
    iterations: int,
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:  # fmt: skip
    """Multinomial logistic regression in which each row counts several times.

    Words have few n-grams, and there are many words: this is quicker than `fit_in_span`, whose parameters and
    results it has.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=C, tol=tolerance, max_iter=iterations).fit(features, labels, sample_weight=counts)
    coefficients, intercepts = of_each_class(model)
    return coefficients.T, intercepts


def of_each_class(model: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Coefficients (classes, features) and intercepts (classes,) of scikit-learn's regression, for two classes too."""
    coefficients, intercepts = model.coef_, model.intercept_
    if len(coefficients) == 1:  # of two classes scikit-learn scores only the second
        return np.vstack([0 * coefficients, coefficients]), np.array([0.0, intercepts[0]])
    return coefficients, intercepts
