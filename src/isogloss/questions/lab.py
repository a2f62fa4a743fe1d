"""Which tasks come with isogloss, what does a small model learn from these texts, and which instructions to mix?"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import DataFolder, FilePath, Shell
from isogloss.questions.question import Question
from isogloss.questions.scale import RAW
from isogloss.text import counted

TASKS = ("use", "name", "kind", "text_origin", "licence")


class PretrainQuestion(Question):
    """Train a small transformer over bytes from scratch: on languages, copies of languages, or nonsense."""

    command: ClassVar[str] = "lab pretrain"
    writes: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("texts", "into")

    texts: Annotated[
        FilePath,
        Shell(argument=True, metavar="FILE"),
        Field(description="What is to be read, and the model's shape (TOML)."),
    ]
    into: Annotated[FilePath, Field(description="Folder to make; any recipe can take it as its checkpoint.")]
    data: DataFolder = None

    def answer(self, progress: Progress | None = None) -> Answer:
        """Train it."""
        from isogloss.lab import pretrain, read_pretraining

        sources, shape = read_pretraining(self.texts, data=self.data)
        texts = (text for source in sources for text in source.read(shape.seed))
        pretrained = pretrain(texts, self.into, shape, progress=progress)
        verdict = (
            f"{pretrained.bits_per_byte:.3f} bits per byte on texts held out, {pretrained.bits_per_byte_before:.3f} "
            f"before training; the model is in {self.into}."
        )
        return Answer(
            self.command, (verdict,), {"pretraining": Table(pretrained.table())}, scale=RAW, result=pretrained,
        )  # fmt: skip


class MixQuestion(Question):
    """Mix instructions by the languages of question and answer, or make them of tasks, as a file to train on."""

    command: ClassVar[str] = "lab mix"
    writes: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("mix", "into")

    mix: Annotated[
        FilePath,
        Shell(argument=True, metavar="FILE"),
        Field(description="Which share is asked and answered in which languages, or which tasks (TOML)."),
    ]
    into: Annotated[FilePath, Field(description="File of JSON lines to write, for tasks of the kind `instructions`.")]
    data: DataFolder = None

    def answer(self, progress: Progress | None = None) -> Answer:
        """Make it."""
        from isogloss.lab import mix_instructions

        made = mix_instructions(self.mix, data=self.data)
        made.write(self.into)
        examples = counted(made.rows.height, "example")
        verdict = f"{examples} in {self.into}, {made.crossed} of them answered in another language than asked."
        return Answer(self.command, (verdict,), {"parts": Table(made.parts)}, scale=RAW, result=made)


class TasksQuestion(Question):
    """List the tasks that come with isogloss, for `use` in a grid file."""

    command: ClassVar[str] = "lab tasks"
    positional: ClassVar[tuple[str, ...]] = ()

    def answer(self, progress: Progress | None = None) -> Answer:
        """List them."""
        from isogloss.lab.task_file import describe_known

        tasks = describe_known()
        kinds = ", ".join(sorted(tasks["kind"].unique()))
        return Answer(
            self.command, (f"{counted(tasks.height, 'task')} are described: {kinds}.",),
            {"tasks": Table(tasks, shown={name: name for name in TASKS})}, scale=RAW, result=tasks,
        )  # fmt: skip
