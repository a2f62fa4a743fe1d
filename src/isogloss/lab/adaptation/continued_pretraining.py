"""`continued-pretraining`: a model trained on, on texts of one language, of many, or of texts beside translations."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from isogloss.errors import BadValue, UnknownName
from isogloss.lab.adaptation import OVERHEAD, Adaptation, Inputs
from isogloss.lab.adaptation.draft import TRAINING, Draft
from isogloss.lab.adaptation.losses import bits_of, load_with_head, measure_of
from isogloss.lab.adaptation.mixing import Mix, hide
from isogloss.lab.adaptation.weights import Weights
from isogloss.languages import resolve
from isogloss.models.checkpoints import is_causal, load_tokenizer
from isogloss.models.runtime import Schedule, adamw, padded, start_torch
from isogloss.parameters import Count, NotNegative, Positive

BYTES = 16
"""Of each weight: itself, its gradient and two moments."""
MOST_LOGITS = 1 << 26
"""Logits that are held at once: 256 MB."""
MODEL, MOMENTS = "model.", ("exp_avg", "exp_avg_sq")
LAST = "weights"


@dataclass(frozen=True)
class ContinuedPretraining(Adaptation):
    """Trains a decoder or a model of hidden words on, on texts of chosen languages.

    Parameters
    ----------
    languages : tuple of str
        Languages of the texts that are learnt; by default all but the replayed ones.
    family : str
        Learn those languages of the texts that belong to this family or branch, such as Uralic.
    replayed : tuple of str
        Languages that the model knows already, and should not forget.
    replay : float, default 0
        Share of all sequences that are of the replayed languages.
    alpha : float, default 1
        Languages are drawn with probabilities proportional to (their tokens)^alpha: 1 for shares as in the texts, 0 for
        equal ones.
    interleave : str
        A language whose texts stand before their translations into each learnt language, in one window; the texts of
        all languages have to be translations of one another.
    tokens : int, default 262144
        Tokens that are read in all.
    length : int, default 128
        Tokens of a sequence.
    batch_size : int, default 16
        Sequences of a step.
    learning_rate : float, default 1e-4
        The highest, of AdamW.
    warmup : float, default 0.1
        Share of the steps in which the learning rate rises.
    schedule : {"linear", "cosine", "constant"}, default "linear"
        How it falls then.
    weight_decay : float, default 0.01
        Of AdamW.
    hidden : float, default 0.15
        Share of the tokens that is hidden, of models of hidden words.
    parts : int, default 4
        After each of which the state is kept and the loss of each language is measured.
    measured : int, default 20
        Texts of each language that it is measured on; 0 for none.

    Notes
    -----
    On one language this is language-adaptive fine-tuning (LAFT), on many its multilingual kind (MAFT, Alabi et al.
    2022); `interleave` is that of CrossIC-PT. What a step reads depends on seed and step alone, so that a run which was
    stopped goes on to the same bytes.
    """

    name: ClassVar[str] = "continued-pretraining"

    languages: tuple[str, ...] = ()
    family: str = ""
    replayed: tuple[str, ...] = ()
    replay: Annotated[float, Ge(0), Lt(1)] = 0.0
    alpha: NotNegative = 1.0
    interleave: str = ""
    tokens: Count = 262_144
    length: Annotated[int, Ge(2)] = 128
    batch_size: Count = 16
    learning_rate: Positive = 1e-4
    warmup: Annotated[float, Ge(0), Lt(1)] = 0.1
    schedule: Schedule = "linear"
    weight_decay: NotNegative = 0.01
    hidden: Annotated[float, Gt(0), Le(0.9)] = 0.15
    parts: Count = 4
    measured: Annotated[int, Ge(0)] = 20

    def __post_init__(self) -> None:
        """Check parameters, and that they agree."""
        super().__post_init__()
        if bool(self.replayed) != bool(self.replay):
            raise BadValue("replay needs both a share and languages", hint='give replay=0.2, replayed=("eng",)')
        if self.family and self.languages:
            raise BadValue("both languages and a family are named", hint="name one of them")
        if set(self.languages) & set(self.replayed):
            raise BadValue("a language is both learnt and replayed", where="replayed", hint="name it once")

    @property
    def needs_texts(self) -> bool:
        return True

    @property
    def is_random(self) -> bool:
        return True

    @property
    def needs_translations(self) -> bool:
        return bool(self.interleave)

    @property
    def steps(self) -> int:
        """Steps of training."""
        return max(1, round(self.tokens / (self.batch_size * self.length)))

    def learnt(self, languages: Collection[str]) -> list[str]:
        """The languages that are learnt, of those that there are texts of.

        Raises
        ------
        UnknownName, BadValue
            If there are no texts of a language or family.
        """
        for code in (*self.languages, *self.replayed, *([self.interleave] if self.interleave else [])):
            if code not in languages:
                raise UnknownName("language of the texts", code, [*languages])
        others = [code for code in languages if code not in self.replayed]
        if self.family:
            others = [code for code in others if self.family.lower() in map(str.lower, resolve(code).family)]
        chosen = list(self.languages) or others
        if not [code for code in chosen if code != self.interleave]:
            what = f"of the family '{self.family}'" if self.family else "to learn"
            raise BadValue(f"there are no texts of a language {what}", where="corpus")
        return chosen

    def learns_from(self, languages: Collection[str]) -> list[str]:
        return [*self.learnt(languages), *self.replayed]

    def memory(self, source: Weights) -> int:
        return BYTES * source.parameters + 12 * MOST_LOGITS + OVERHEAD

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        if measure_of(source.folder) != "bits_per_byte":
            raise BadValue(
                "is an encoder without a head for hidden words", where=f"checkpoint {source.folder}",
                hint="give one whose architecture is ...ForMaskedLM, or a decoder",
            )  # fmt: skip
        mix = Mix(
            load_tokenizer(source.folder), inputs.texts, self.learnt(inputs.texts), self.replayed, alpha=self.alpha,
            replay=self.replay, interleave=self.interleave, length=self.length,
        )  # fmt: skip
        ends = [round(self.steps * part / self.parts) for part in range(self.parts + 1)]
        names = [f"part {part:04}" for part in range(self.parts + 1)]
        training: Training | None = None
        for name in draft.steps([*names, LAST]):
            training = training or Training(self, source, mix, inputs, draft)
            if name == LAST:
                draft.put(LAST, training.weights())
                continue
            training.go_to(ends[names.index(name)])
            draft.put(name, {})

    def facts(self, source: Weights, target: Weights) -> dict[str, Any]:
        return target.read_json(TRAINING) | {"parameters": target.parameters}


@dataclass
class Training:
    """A training that is under way, or taken up where it was stopped."""

    how: ContinuedPretraining
    source: Weights
    mix: Mix
    inputs: Inputs
    draft: Draft
    step: int = -1
    read: int = 0
    curve: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.masked = not is_causal(self.source.folder)
        self.tokenizer = load_tokenizer(self.source.folder)
        self.model = load_with_head(self.source.folder)
        self.optimizer, self.scheduler = adamw(
            list(self.model.parameters()), learning_rate=self.how.learning_rate, weight_decay=self.how.weight_decay,
            warmup=self.how.warmup, steps=self.how.steps, schedule=self.how.schedule,
        )  # fmt: skip
        vocabulary = int(self.model.config.get_text_config().vocab_size)
        self.at_once = max(1, MOST_LOGITS // (vocabulary * self.how.length))
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
        """One step, on parts of a batch so that memory does not grow with it."""
        torch = start_torch()
        drawn = self.mix.batch(self.how.batch_size, chance)
        self.read += sum(map(len, drawn))
        pairs = [
            hide(ids, self.tokenizer, self.how.hidden, chance) if self.masked else (ids, np.arange(len(ids)) > 0)
            for ids in drawn
        ]
        units = sum(int(told.sum()) for _, told in pairs)
        self.optimizer.zero_grad(set_to_none=True)
        for first in range(0, len(drawn), self.at_once):
            part = slice(first, first + self.at_once)
            loss = self._loss(drawn[part], [given for given, _ in pairs[part]], [told for _, told in pairs[part]])
            (loss / max(1, units)).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.scheduler.step()

    def _loss(self, truth: list[Any], given: list[Any], told: list[Any]) -> Any:
        """Sum of the cross entropy of the tokens that are to be told."""
        from torch.nn.functional import cross_entropy

        ids, there = padded(given, self.tokenizer.pad_token_id or 0)
        answers, _ = padded([np.where(which, one, -100) for one, which in zip(truth, told, strict=True)], -100)
        if not self.masked:  # each token is told by the states before it
            ids, there, answers = ids[:, :-1], there[:, :-1], answers[:, 1:]
        logits = self.model(input_ids=ids, attention_mask=there).logits
        return cross_entropy(logits.flatten(0, 1).float(), answers.flatten(), ignore_index=-100, reduction="sum")

    def _measure(self) -> None:
        """Loss of each language on some texts that are held out."""
        losses = {}
        for language, texts in self.inputs.held_out.items():
            some = list(texts)[: self.how.measured]
            if some:
                bits, _ = bits_of(self.model, self.tokenizer, self.masked, some, range(len(some)))
                losses[language] = round(float(bits.mean()), 6)
        self.curve.append({"tokens": self.read, "loss": losses})

    def _keep(self) -> None:
        state = {f"{MODEL}{name}": one for name, one in self.model.named_parameters()}
        for place, one in enumerate(self._trained):
            kept = self.optimizer.state.get(one, {})
            state |= {f"{moment}.{place}": kept[moment] for moment in MOMENTS if moment in kept}
        self.draft.keep_state(state, {"step": self.step, "read": self.read, "curve": self.curve})
        self.draft.write(
            TRAINING, {"tokens": self.read, "steps": self.step, "shares": self.mix.shares, "curve": self.curve}
        )

    def _take_up(self, state: dict[str, Any], record: dict[str, Any]) -> None:
        torch = start_torch()
        self.step, self.read, self.curve = record["step"], record["read"], record["curve"]
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
