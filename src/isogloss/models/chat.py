"""Prompts as the turns of a chat, in the form that a checkpoint was tuned to chat in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from isogloss.errors import BadValue, first_line
from isogloss.models.tokenizers import lead


@dataclass(frozen=True)
class Chat:
    """The chat template of a tokenizer.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerFast
    system : str
        What is said to the model before everything else; may be empty.

    Raises
    ------
    BadValue
        If the checkpoint has no chat template.
    """

    tokenizer: Any
    system: str

    def __post_init__(self) -> None:
        if not getattr(self.tokenizer, "chat_template", None):
            raise BadValue(
                "the checkpoint has no chat template", where=str(self.tokenizer.name_or_path),
                hint="leave out chat, or choose a checkpoint that was tuned to chat",
            )  # fmt: skip

    def prompt(self, shown: Sequence[tuple[str, str]], question: str) -> str:
        """A conversation up to where the model's answer begins.

        Parameters
        ----------
        shown : sequence of (str, str)
            Earlier questions and their answers, each a turn of the user and one of the model.
        question : str

        Returns
        -------
        str
            Without what the tokenizer puts before every text by itself.

        Raises
        ------
        BadValue
            If the template refuses the conversation, as some do a system's message.
        """
        turns = [("system", self.system)] if self.system else []
        for earlier, answer in shown:
            turns += [("user", earlier), ("assistant", answer)]
        messages = [{"role": role, "content": text} for role, text in (*turns, ("user", question))]
        try:
            text = str(self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
        except Exception as error:  # a template can refuse, or fail, in any way
            raise BadValue(
                f"its chat template refuses the conversation ({first_line(error)})",
                where=str(self.tokenizer.name_or_path),
                hint="leave out system" if self.system else "leave out chat",
            ) from None  # fmt: skip
        return text.removeprefix(self.tokenizer.decode(lead(self.tokenizer)))
