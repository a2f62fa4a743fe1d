"""Learning from answers that the model itself gives, drawn anew as it learns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.tuning.lessons import Example, Lesson, Material
from isogloss.models.decoder import Decoder
from isogloss.models.runtime import start_torch

if TYPE_CHECKING:
    from isogloss.lab.tuning.instructions import Schedule
    from isogloss.lab.tuning.training import Sequences

Array = np.ndarray[Any, Any]
Method = Literal["dpo", "rloo"]


class Rounds(Protocol):
    """Where rounds that are done are remembered; a `Draft` is one."""

    def steps(self, names: Sequence[str]) -> Any: ...
    def put(self, step: str, tensors: Mapping[str, Any]) -> None: ...
    def keep_state(self, tensors: Mapping[str, Any], record: Any) -> None: ...
    def state(self) -> tuple[dict[str, Any], Any] | None: ...


@dataclass(frozen=True)
class Sampled(Lesson):
    """Answers that the model gives, and what each is worth.

    Attributes
    ----------
    examples : sequence of Example
        Whose prompts are asked.
    languages : sequence of str
        Of each.
    grade : callable
        From places of examples, and the answers to each, to rewards of shape (examples, samples).
    rounds : Rounds
        Where the state is kept after each.
    method : {"dpo", "rloo"}
    samples, times : int
        Answers to each prompt, and how often they are drawn and learnt from.
    beta : float
        How far the model may go from where it began: smaller is further.
    max_new, max_length : int
        Tokens of an answer, and of prompt and answer, at most.
    stop : sequence of str
        Where an answer ends.
    """

    examples: Sequence[Example]
    languages: Sequence[str]
    grade: Callable[[Array, Sequence[Sequence[str]]], Array]
    rounds: Rounds
    method: Method
    samples: int
    times: int
    beta: float
    max_new: int
    max_length: int
    stop: Sequence[str]

    def train(self, decoder: Decoder, material: Material, schedule: Schedule, seed: int) -> None:
        """Draw, grade and learn, round by round; a round that a run before has done is not done again.

        Raises
        ------
        BadValue
            If in no round two answers to a prompt had different rewards.
        """
        torch = start_torch()
        decoder.model.eval()
        start = replace(decoder, model=deepcopy(decoder.model))
        learnt = {name: one for name, one in decoder.model.named_parameters() if one.requires_grad}
        curve: list[dict[str, Any]] = []
        if kept := self.rounds.state():
            curve = list(kept[1]["curve"])
            with torch.no_grad():
                for name, one in learnt.items():
                    one.copy_(kept[0][name])
        names = [f"round {number:04}" for number in range(self.times + 1)]
        for name in self.rounds.steps(names):
            number = names.index(name)
            if len(curve) <= number:
                torch.manual_seed(int(np.random.SeedSequence([seed, number]).generate_state(1)[0]))
                curve.append(self._round(decoder, start, material, schedule, seed, number))
                self.rounds.keep_state(learnt, {"curve": curve})
            self.rounds.put(name, {})
        if not any(one["learnt"] for one in curve):
            raise BadValue("no prompt had two answers of different reward in any round", where="reward",
                           hint="raise samples, or take a reward that tells answers apart")  # fmt: skip

    def _round(
        self, decoder: Decoder, start: Decoder, material: Material, schedule: Schedule, seed: int, number: int
    ) -> dict[str, Any]:
        """What answers are worth, by language; and learning from them, but in the last round."""
        chance = np.random.default_rng([seed, number])
        answers = self._draw(decoder, material.places, int(chance.integers(2**31)))
        rewards = self.grade(material.places, answers)
        codes = np.array([self.languages[place] for place in material.places])
        means = {code: round(float(rewards[codes == code].mean()), 6) for code in sorted({*codes.tolist()})}
        learnt = 0
        if number < self.times:
            learn = self._learn_pairs if self.method == "dpo" else self._learn_rewards
            learnt = learn(decoder, start, material.places, answers, rewards, schedule, chance)
        return {"round": number, "reward": means, "learnt": learnt}

    def _draw(self, decoder: Decoder, places: Array, seed: int) -> list[list[str]]:
        """Answers to each prompt, at temperature 1."""
        from isogloss.models.generation import generate

        prompts = [self.examples[place].prompt for place in places for _ in range(self.samples)]
        replies = generate(
            decoder, prompts, max_new=self.max_new, stop=self.stop, max_length=self.max_length, seed=seed
        )  # fmt: skip
        return [replies[first : first + self.samples] for first in range(0, len(replies), self.samples)]

    def _in_tokens(self, decoder: Decoder, places: Sequence[int], answers: Sequence[str]) -> Sequences:
        """Prompts and answers; an answer that was cut off has no end."""
        from isogloss.lab.tuning.instructions import in_tokens

        found = []
        for place, answer in zip(places, answers, strict=True):
            read, tokens = in_tokens(decoder, self.examples[place].prompt, answer or " ")
            found.append((read, tokens[:-1] if len(tokens) > self.max_new else tokens))
        return found

    def _learn_pairs(
        self, decoder: Decoder, start: Decoder, places: Array, answers: Sequence[Sequence[str]], rewards: Array,
        schedule: Schedule, chance: np.random.Generator,
    ) -> int:  # fmt: skip
        """Prefer one of the best answers to a prompt to one of the worst; how many pairs there were."""
        from isogloss.lab.tuning.instructions import train_preferences

        asked, chosen, rejected = [], [], []
        for place, some, worth in zip(places, answers, rewards, strict=True):
            best, worst = (int(chance.choice(np.flatnonzero(worth == end))) for end in (worth.max(), worth.min()))
            if worth[best] > worth[worst]:
                asked.append(int(place))
                chosen.append(some[best])
                rejected.append(some[worst])
        if asked:
            better, worse = (self._in_tokens(decoder, asked, texts) for texts in (chosen, rejected))
            train_preferences(decoder, better, worse, schedule, int(chance.integers(2**31)), self.beta, 1.0,
                              answers=0.0, reference=start)  # fmt: skip
        return len(asked)

    def _learn_rewards(
        self, decoder: Decoder, start: Decoder, places: Array, answers: Sequence[Sequence[str]], rewards: Array,
        schedule: Schedule, chance: np.random.Generator,
    ) -> int:  # fmt: skip
        """Make answers likelier by how much more they are worth than the others to their prompt; how many that were."""
        from isogloss.lab.tuning.instructions import train_rewarded
        from isogloss.lab.tuning.training import log_likelihoods

        torch = start_torch()
        asked = [int(place) for place in places for _ in range(self.samples)]
        sequences = self._in_tokens(decoder, asked, [one for some in answers for one in some])
        apart = []
        with torch.no_grad():
            for first in range(0, len(sequences), schedule.batch_size):
                some = sequences[first : first + schedule.batch_size]
                apart += (log_likelihoods(decoder, some) - log_likelihoods(start, some)).tolist()
        worth = rewards - self.beta * np.array(apart).reshape(rewards.shape)
        others = (worth.sum(1, keepdims=True) - worth) / (self.samples - 1)
        advantages = (worth - others).reshape(-1)
        learnt = int((rewards.max(1) > rewards.min(1)).sum()) * self.samples
        if learnt:
            once = replace(schedule, epochs=1)  # a second time, the answers would no longer be the model's own
            train_rewarded(decoder, sequences, advantages.tolist(), once, int(chance.integers(2**31)))
        return learnt
