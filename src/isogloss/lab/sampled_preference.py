"""`sampled-preference`: an adapter that is trained on rewards of answers that the model itself gives as it learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge

from isogloss.lab.adaptation import Inputs
from isogloss.lab.adaptation.draft import TRAINING, Draft
from isogloss.lab.adaptation.weights import Weights
from isogloss.lab.adapters import InstructionLora, memory_of_lora, read_recipe, train_and_put_in
from isogloss.lab.rewards import Prompts, digest_of, read_reward
from isogloss.lab.tuning.sampled import Method, Sampled
from isogloss.parameters import Count, NotNegative

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class SampledPreference(InstructionLora):
    """An adapter that is trained on the better of its model's own answers, drawn anew as it learns.

    Parameters
    ----------
    reward : str, default "answer"
        What an answer is worth. `answer`: 1 for the right answer of the task. `language`: 1 for an answer in the
        language of the prompt. `pattern:` and a regular expression: 1 where it is found. Else the folder of a recipe
        that was trained on choices and saved: 1 for the answer that it chooses of those to a prompt.
    method : {"dpo", "rloo"}, default "dpo"
        Whether one of the best answers is preferred to one of the worst, or all count by what they are worth more than
        the others.
    samples : int, default 4
        Answers to each prompt in each round, drawn at temperature 1.
    rounds : int, default 4
        How often answers are drawn and learnt from.
    beta : float, default 0.1
        How far the model may go from where it began: smaller is further.

    Notes
    -----
    After Dang et al. (2024). dpo: -log sigmoid(beta (D(y) - D(y'))), D being the log-probability of an answer less that
    before all rounds; prompts whose answers are all worth the same teach nothing, and `epochs` and warm-up of
    `settings` are those of a round. rloo: - A(y) log P(y), A being reward - beta D(y) less the mean of that over the
    other answers to the prompt, gone through once. An answer is as long as `max_new` of `settings`, and ends where
    `stop` or the model ends it. The other parameters are those of `InstructionLora`; answers of the task are read by
    the reward `answer` alone.
    """

    name: ClassVar[str] = "sampled-preference"

    reward: str = "answer"
    method: Method = "dpo"
    samples: Annotated[int, Ge(2)] = 4
    rounds: Count = 4
    beta: NotNegative = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        read_reward(self.reward)  # what is wrong with it is to be known early

    def changed(self, *left_out: str) -> list[str]:
        """What differs from the defaults; of a folder, its name."""
        return super().changed(*left_out, "reward") + (
            [f"reward={Path(self.reward).name if Path(self.reward).is_dir() else self.reward}"]
            if self.reward != "answer" else []
        )  # fmt: skip

    @property
    def identity(self) -> dict[str, Any]:
        """The content of a trained recipe stands for its folder."""
        known = super().identity
        return known | {"parameters": known["parameters"] | {"reward": digest_of(self.reward)}}

    def memory(self, source: Weights) -> int:
        """As `InstructionLora`, and the weights before once more."""
        return memory_of_lora(source) + 4 * source.parameters

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        recipe = read_recipe(str(source.folder), self.settings)
        train_and_put_in(source, draft, recipe, lambda one: self._learn_sampled(one, inputs.seed, draft))

    def _learn_sampled(self, recipe: Any, seed: int, draft: Draft) -> dict[str, Any]:
        from isogloss.lab.recipe.prompted.prompts import queries

        prepared, training, origins = self._prepared(seed)
        examples = recipe.examples(prepared, training)
        prompts = ["\n".join(filter(None, one.parts)) for one in queries(prepared, "train", training.rows)]
        languages, reward = [code for code, _ in origins], read_reward(self.reward)

        def grade(places: Array, answers: Sequence[Sequence[str]]) -> Array:
            rows = [(prompts[place], examples[place].answer, languages[place]) for place in places]
            return reward(Prompts(*zip(*rows, strict=True)), answers)

        lesson = Sampled(
            examples, languages, grade, draft, self.method, self.samples, self.rounds, self.beta, recipe.max_new,
            recipe.max_length, recipe.stop,
        )  # fmt: skip
        learnt: dict[str, Any] = recipe.learn(examples, seed, lesson)[0]
        state = draft.state()
        draft.write(TRAINING, {"rounds": state[1]["curve"] if state else []})
        return learnt

    def facts(self, source: Weights, target: Weights) -> dict[str, Any]:
        """What was learnt from, and what answers were worth in each round, by language."""
        return super().facts(source, target) | target.read_json(TRAINING)
