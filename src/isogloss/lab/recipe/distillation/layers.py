"""`layer-distil`: a shallower student learns a task from the answers and the states of a deeper teacher.

Ansell et al. 2023, Distilling efficient language-specific models for cross-lingual transfer (BiStil), second phase.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from isogloss.errors import BadValue
from isogloss.lab.adaptation.objectives.teaching import matched
from isogloss.lab.recipe import Arrays, Rows, Training
from isogloss.lab.recipe.distillation import TaughtRecipe
from isogloss.models.inputs import Tokens
from isogloss.models.runtime import padded, start_torch
from isogloss.parameters import NotNegative

if TYPE_CHECKING:
    from isogloss.lab.recipe.neural.network import Network


@dataclass(frozen=True)
class LayerDistil(TaughtRecipe):
    """A teacher is fine-tuned on the source; a student with every k-th of its layers learns its answers and states.

    Parameters
    ----------
    states : float, default 1
        Weight of the mean squared distance of states, layer i of the student from layer i k of the teacher, which is k
        times as deep, beside the cross entropy of the teacher's shares.

    Notes
    -----
    The student reads the examples of the source without what is right in them, and answers in any target. The deeper
    checkpoint is `teacher = { checkpoint = ... }`; the student's is made of it by `layer-drop` with `order = "even"`,
    and by `distil` on texts of source and target. Both cut texts into the same tokens. The other parameters are those
    of `TrainedRecipe`, and of the student.
    """

    name: ClassVar[str] = "layer-distil"
    answers: ClassVar[tuple[str, ...]] = ("label", "tags")

    states: NotNegative = 1.0

    def lesson(self, prepared: Arrays, training: Training) -> tuple[Rows, Rows]:
        """The rows of the source, for both."""
        return training.rows, training.rows

    def beside(self, network: Network, tokens: Tokens, training: Training) -> Callable[[Any], None] | None:
        """Adds the gradient of the distance of states.

        Raises
        ------
        BadValue
            If those of student and teacher cannot be compared.
        """
        if not self.states or training.teacher is None:
            return None
        torch = start_torch()
        teacher = training.teacher()
        _check_shapes(network.encoder.config, teacher.encoder.config)

        def add(batch: Any) -> None:
            sequences = tokens.sequences_of(batch)
            filler = network.encoder.config.pad_token_id or 0
            ids, there = padded([tokens.sequence(int(one)) for one in sequences], filler)
            read = {"input_ids": ids, "attention_mask": there, "output_hidden_states": True}
            with torch.no_grad():
                theirs = teacher.encoder(**read).hidden_states[1:]
            pairs = matched(network.encoder(**read).hidden_states[1:], theirs)
            apart = sum(((one - other) ** 2).mean(-1)[there.bool()].mean() for one, other in pairs)
            (self.states * apart / len(pairs)).backward()

        return add


def _check_shapes(student: Any, teacher: Any) -> None:
    """Make sure that layers can be compared.

    Raises
    ------
    BadValue
        If they cannot.
    """
    ours, theirs = ((one.num_hidden_layers, one.hidden_size, one.vocab_size) for one in (student, teacher))
    if theirs[0] % ours[0]:
        reason = f"the teacher has {theirs[0]} layers, which is no multiple of the student's {ours[0]}"
    elif theirs[1:] != ours[1:]:
        reason = f"the teacher is {theirs[1]} wide with {theirs[2]} tokens, and the student {ours[1]} with {ours[2]}"
    else:
        return
    raise BadValue(reason, where="teacher", hint="learn its answers alone: states = 0")
