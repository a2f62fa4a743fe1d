"""Search for sentences that make simulators lose a question in one language and keep it in English."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import log
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from isogloss.behaviour.pitfalls.pairs import Pair
from isogloss.behaviour.pitfalls.panel import Panel
from isogloss.behaviour.pitfalls.sentences import PLACES, Sentence, Step, perturbed

Method = Literal["thompson", "beam", "random"]
BATCH, QUEUE = 4, 12
"""Items that are begun together, and entries of the beam, as released."""
DEPTH, DEEPER = 4, 6
"""Sentences of a question at most, and once one of its batch is lost, as released."""
GOOD, LOST, MOST_GOOD = 0.4, 0.2, 3
"""Rates in the target up to which a pair is kept and an item counts as lost, and how often it may be, as released."""
STRENGTH = 4.0
"""Tries that the mean over all sentences counts for, in the Beta distribution of each."""


@dataclass(frozen=True)
class Candidate:
    """A question with sentences, and what simulators make of it.

    Attributes
    ----------
    pair : Pair
    steps : tuple of Step
        None for a question as it is.
    rate_english, rate_target : float
        Share of simulators that are right.
    """

    pair: Pair
    steps: tuple[Step, ...]
    rate_english: float
    rate_target: float

    @property
    def value(self) -> float:
        """ln(1 + e^2 / (t^2 + .001)) - 20 (1 - e)^3, as released, of rates e in English and t in the target."""
        e, t = self.rate_english, self.rate_target
        return log(1 + e**2 / (t**2 + 0.001)) - 20 * (1 - e) ** 3


@dataclass
class Search:
    """What a search came to.

    Attributes
    ----------
    arms : list of (Sentence, place)
    tries, wins : array of shape (arms,)
        How often each was tried, and how much of the simulators' right answers it took, summed up.
    good : list of Candidate
        Right in English by all simulators, and in the target by 40 % at most.
    calls : int
        Questions put to simulators.
    """

    arms: list[Step]
    tries: NDArray[np.float64]
    wins: NDArray[np.float64]
    good: list[Candidate] = field(default_factory=list)
    calls: int = 0

    @property
    def posterior(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Parameters of the Beta distribution of how often each sentence makes simulators lose a question.

        Its prior has the mean of all tries so far, to which one win in ten is added.
        """
        mean = (1 + self.wins.sum()) / (10 + self.tries.sum())
        return STRENGTH * mean + self.wins, STRENGTH * (1 - mean) + self.tries - self.wins

    @property
    def means(self) -> NDArray[np.float64]:
        """Posterior mean of how often each sentence makes simulators lose a question."""
        wins, losses = self.posterior
        return np.asarray(wins / (wins + losses))

    def best(self, count: int) -> list[Step]:
        """The sentences that took most, none that took nothing."""
        order = np.argsort(-self.means, kind="stable")
        return [self.arms[at] for at in order if self.wins[at] > 0][:count]


def search(
    pairs: Sequence[Pair], sentences: Sequence[Sentence], panel: Panel, *, budget: int, method: Method, seed: int,
    control: bool = False,
) -> Search:  # fmt: skip
    """Search within a budget of questions put to simulators.

    Parameters
    ----------
    pairs : sequence of Pair
    sentences : sequence of Sentence
    panel : Panel
        Of the simulators.
    budget : int
    method : {"thompson", "beam", "random"}
        How sentences are drawn: by Thompson sampling from what they did so far, in turns over all questions that add
        one sentence more each; uniformly, each batch of questions as deep as released; or uniformly and one at a time.
    seed : int
    control : bool
        Whether pairs are English and English; see `perturbed`.

    Notes
    -----
    Beam and value are those of Xu et al. (2025) as released. A question is put in the target first, and in English
    only if simulators lost it there: the same candidates are kept, with fewer calls.
    """
    arms = [Step(sentence, place) for sentence in sentences for place in PLACES]
    result = Search(arms, np.zeros(len(arms)), np.zeros(len(arms)))
    return _Searcher(result, panel, budget, method, seed, control).run(pairs)


class _Searcher:
    def __init__(self, result: Search, panel: Panel, budget: int, method: Method, seed: int, control: bool):
        self.result, self.panel, self.budget, self.method, self.control = result, panel, budget, method, control
        self.rng = np.random.default_rng(seed)
        self.begun = panel.calls
        self.often: Counter[str] = Counter()
        self.tried: set[tuple[object, ...]] = set()
        self.arm = {(step.sentence.key, step.place): at for at, step in enumerate(result.arms)}

    def run(self, pairs: Sequence[Pair]) -> Search:
        """Batch by batch, and again from the first while there is budget."""
        order = [pairs[at] for at in self.rng.permutation(len(pairs))]
        batches = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
        entries: dict[str, Candidate] = {}
        for turn in count(1):
            before = self.panel.calls
            for batch in batches:
                if turn == 1:
                    entries |= {one.pair.item: one for one in self._begin(batch)}
                self._deepen([entries[pair.item] for pair in batch if pair.item in entries], turn)
                for pair in batch:
                    if self.often[pair.item] >= MOST_GOOD:
                        entries.pop(pair.item, None)
            if self.panel.calls == before:
                break
        self.result.calls = self.panel.calls - self.begun
        return self.result

    def _afford(self, each: int) -> int:
        """How many candidates the budget still has room for that take so many questions to each simulator."""
        return (self.budget - (self.panel.calls - self.begun)) // (each * len(self.panel.respondents))

    def _begin(self, batch: Sequence[Pair]) -> Iterator[Candidate]:
        """Questions as they are, that all simulators have right in English, and some in the target."""
        batch = batch[: self._afford(2)]
        places = [pair.place for pair in batch]
        english = self.panel.rates([pair.english for pair in batch], places) if batch else []
        kept = [pair for pair, rate in zip(batch, english, strict=True) if rate == 1]
        target = self.panel.rates([pair.target for pair in kept], [pair.place for pair in kept]) if kept else []
        for pair, rate in zip(kept, target, strict=True):
            one = Candidate(pair, (), 1.0, rate)
            self._keep(one)
            if rate > 0:
                yield one

    def _deepen(self, beam: list[Candidate], turn: int) -> None:
        """Add sentences to questions, keeping the most valuable, until none is left or they are long enough."""
        depth, most = 0, {"random": 1, "thompson": min(turn, DEPTH), "beam": DEPTH}[self.method]
        while beam and depth < most:
            tried = [(entry, step) for entry in beam for step in self._draw(entry)][: self._afford(2)]
            if not tried:
                return
            self.tried |= {_key(entry.pair, (*entry.steps, step)) for entry, step in tried}
            children = self._evaluate(tried)
            if sum(self._keep(one) for one in children) and self.method == "beam":
                most = DEEPER
            children.sort(key=lambda one: -one.value)
            beam = [one for one in children if one.rate_target > 0 and self.often[one.pair.item] < MOST_GOOD][:QUEUE]
            depth += 1

    def _draw(self, entry: Candidate) -> Iterator[Step]:
        """A sentence for each wrong choice: none twice, none that the question has, and none that is about it."""
        used = {step.sentence.key for step in entry.steps}
        if self.method == "thompson":
            shares = self.rng.beta(*self.result.posterior)
        else:
            shares = self.rng.random(len(self.result.arms))
        wrong, most = 0, len(entry.pair.english.choices) - 1
        for at in np.argsort(-shares, kind="stable"):
            step = self.result.arms[at]
            step = step._replace(wrong=wrong if step.sentence.names_choice else 0)
            is_new = _key(entry.pair, (*entry.steps, step)) not in self.tried
            if is_new and step.sentence.key not in used and step.sentence.item != entry.pair.item:
                yield step
                used.add(step.sentence.key)
                wrong += 1
            if wrong == most:
                return

    def _evaluate(self, tried: Sequence[tuple[Candidate, Step]]) -> list[Candidate]:
        """Put the questions in the target, and those that lose there in English, too."""
        steps = [(*entry.steps, step) for entry, step in tried]
        pairs = [entry.pair for entry, _ in tried]
        places = [pair.place for pair in pairs]
        target = self.panel.rates(
            [perturbed(pair, by, "target", control=self.control) for pair, by in zip(pairs, steps, strict=True)], places
        )
        lost = [at for at, (entry, _) in enumerate(tried) if target[at] < entry.rate_target]
        english = dict.fromkeys(range(len(tried)), 1.0)
        if lost:
            sides = [perturbed(pairs[at], steps[at], "english", control=self.control) for at in lost]
            english |= zip(lost, self.panel.rates(sides, [places[at] for at in lost]), strict=True)
        for at, (entry, step) in enumerate(tried):
            arm = self.arm[step.sentence.key, step.place]
            self.result.tries[arm] += 1
            self.result.wins[arm] += max(0.0, entry.rate_target - target[at]) if english[at] == 1 else 0.0
        return [Candidate(pair, by, english[at], target[at]) for at, (pair, by) in
                enumerate(zip(pairs, steps, strict=True))]  # fmt: skip

    def _keep(self, one: Candidate) -> bool:
        """Note a question that is right in English and lost in the target."""
        if one.rate_english < 1 or one.rate_target > GOOD:
            return False
        self.result.good.append(one)
        self.often[one.pair.item] += one.rate_target <= LOST
        return True


def _key(pair: Pair, steps: Sequence[Step]) -> tuple[object, ...]:
    return (pair.item, *((step.sentence.key, step.place, step.wrong) for step in steps))
