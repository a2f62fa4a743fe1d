"""The loop of every adaptation that trains a model: steps that lower an objective, measured and kept part by part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from isogloss.lab.adaptation import Inputs
from isogloss.lab.adaptation.draft import TRAINING, Draft
from isogloss.lab.adaptation.losses import bits_of, load_with_head, measure_of
from isogloss.lab.adaptation.objectives import Objective
from isogloss.lab.adaptation.weights import Weights
from isogloss.models.checkpoints import is_causal, load_model, load_tokenizer
from isogloss.models.runtime import Schedule, adamw, start_torch

BYTES = 16
"""Of each weight: itself, its gradient and two moments."""
MODEL, MOMENTS = "model.", ("exp_avg", "exp_avg_sq")
LAST = "weights"


class Plan(Protocol):
    """How long and how fast is trained."""

    @property
    def steps(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def warmup(self) -> float: ...
    @property
    def schedule(self) -> Schedule: ...
    @property
    def weight_decay(self) -> float: ...
    @property
    def parts(self) -> int: ...
    @property
    def measured(self) -> int: ...


def has_head(source: Weights) -> bool:
    """Whether a checkpoint can tell tokens, and so has a loss of its own."""
    return measure_of(source.folder) == "bits_per_byte"


def train(how: Plan, source: Weights, objective: Callable[[Any], Objective], inputs: Inputs, draft: Draft) -> None:
    """Train a model, and write it; a run that was stopped goes on with the part that was not done.

    Parameters
    ----------
    how : Plan
    source : Weights
    objective : callable
        From the model, as it is before training, to what is lowered. It is called once in a run.
    inputs : Inputs
    draft : Draft
    """
    ends = [round(how.steps * part / how.parts) for part in range(how.parts + 1)]
    names = [f"part {part:04}" for part in range(how.parts + 1)]
    training: Training | None = None
    for name in draft.steps([*names, LAST]):
        training = training or Training(how, source, objective, inputs, draft)
        if name == LAST:
            draft.put(LAST, training.weights())
            continue
        training.go_to(ends[names.index(name)])
        draft.put(name, {})


@dataclass
class Training:
    """A training that is under way, or taken up where it was stopped."""

    how: Plan
    source: Weights
    make: Callable[[Any], Objective]
    inputs: Inputs
    draft: Draft
    step: int = -1
    curve: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        folder = self.source.folder
        self.can_tell = has_head(self.source)
        self.model = load_with_head(folder) if self.can_tell else load_model("AutoModel", folder, "float32")
        self.objective = self.make(self.model)
        self.optimizer, self.scheduler = adamw(
            list(self.model.parameters()), learning_rate=self.how.learning_rate, weight_decay=self.how.weight_decay,
            warmup=self.how.warmup, steps=self.how.steps, schedule=self.how.schedule,
        )  # fmt: skip
        if kept := self.draft.state():
            self._take_up(*kept)

    def go_to(self, step: int) -> None:
        """Train up to a step, measure each language, and keep the state; nothing if that was done before."""
        if self.step >= step:
            return
        torch = start_torch()
        self.step = max(self.step, 0)
        self.model.train()
        with torch.random.fork_rng():
            while self.step < step:
                torch.manual_seed(int(np.random.SeedSequence([self.inputs.seed, self.step]).generate_state(1)[0]))
                self._step(np.random.default_rng([self.inputs.seed, self.step]))
                self.step += 1
        self.model.eval()
        self._measure()
        self._keep()

    def _step(self, chance: np.random.Generator) -> None:
        torch = start_torch()
        self.optimizer.zero_grad(set_to_none=True)
        for term in self.objective.terms(self.model, self.step, chance):
            term.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.scheduler.step()

    def _measure(self) -> None:
        """Loss of each language on some texts that are held out, and what the objective measures there."""
        folder = self.source.folder
        held_out = {code: list(texts)[: self.how.measured] for code, texts in self.inputs.held_out.items()}
        held_out = {code: some for code, some in held_out.items() if some}
        losses = {}
        for language, some in held_out.items() if self.can_tell else ():
            bits, _ = bits_of(self.model, load_tokenizer(folder), not is_causal(folder), some, range(len(some)))
            losses[language] = round(float(bits.mean()), 6)
        found = self.objective.measure(self.model, held_out) if held_out else {}
        self.curve.append({"tokens": self.objective.read, "loss": losses, **found})

    def _keep(self) -> None:
        state = {f"{MODEL}{name}": one for name, one in self.model.named_parameters()}
        for place, one in enumerate(self._trained):
            kept = self.optimizer.state.get(one, {})
            state |= {f"{moment}.{place}": kept[moment] for moment in MOMENTS if moment in kept}
        read = self.objective.read
        record = {"step": self.step, "read": read, "curve": self.curve, "objective": self.objective.state}
        self.draft.keep_state(state, record)
        said = {"tokens": read, "steps": self.step, **self.objective.facts, "curve": self.curve}
        self.draft.write(TRAINING, said)
        for name, text in self.objective.files.items():
            self.draft.write_text(name, text)

    def _take_up(self, state: dict[str, Any], record: dict[str, Any]) -> None:
        torch = start_torch()
        self.step, self.curve, self.objective.read = record["step"], record["curve"], record["read"]
        self.objective.take_up(record["objective"])
        with torch.no_grad():
            for name, one in self.model.named_parameters():
                one.copy_(state[f"{MODEL}{name}"])
        for place, one in enumerate(self._trained):
            if f"{MOMENTS[0]}.{place}" in state:
                moments = {moment: state[f"{moment}.{place}"].to(one.device) for moment in MOMENTS}
                steps = torch.tensor(float(self.step), device=one.device if one.is_cuda else "cpu")
                self.optimizer.state[one] = {"step": steps, **moments}
        for group, base in zip(self.optimizer.param_groups, self.scheduler.base_lrs, strict=True):
            group["lr"] = base * self.scheduler.lr_lambdas[0](self.step)
        self.scheduler.last_epoch = self.step

    @property
    def _trained(self) -> list[Any]:
        return [one for group in self.optimizer.param_groups for one in group["params"]]

    def weights(self) -> dict[str, Any]:
        """The tensors of the checkpoint, with the numbers that training gave them."""
        made = self.model.state_dict()
        stored = {self.source.stored(name): tensor for name, tensor in made.items()}
        return {
            name: (stored[name].cpu() if name in stored else self.source[name]).to(self.source[name].dtype)
            for name in self.source.names
        }
