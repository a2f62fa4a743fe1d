"""A checkpoint in the making: steps that are done stay where a run is stopped, and the next goes on from there."""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from isogloss.errors import IsoglossError
from isogloss.files import atomic_write
from isogloss.lab.adaptation.weights import INDEX, Weights, head_of, join, width_of
from isogloss.models.runtime import start_torch
from isogloss.progress import Progress, steps

OF_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".onnx", ".gguf", ".pkl", ".pickle")
"""Endings of files that hold weights, in formats of which most can run code."""
TRAINING = "training.json"
"""What an adaptation that trains says of it."""
VOCABULARY = "vocabulary.json"
"""What an adaptation that makes tokens says of them."""
VECTORS, SCRIPT_VECTORS, SIMILARITY = "language_vectors.csv", "script_vectors.csv", "language_similarity.csv"
"""What an adaptation that learns vectors of languages writes of them."""
STATE = "training.safetensors"
LEFT_OUT = (INDEX, "README.md", "adaptation.json", "pretraining.json", TRAINING, VOCABULARY,
            VECTORS, SCRIPT_VECTORS, SIMILARITY,
            "pytorch_model.bin.index.json", "adapter_config.json")  # fmt: skip
"""What would not be true of the new checkpoint."""


class Draft:
    """The new checkpoint, written step by step.

    Parameters
    ----------
    folder : pathlib.Path
        Where it is made; what a run before has done stays there.
    what : str
        What is made, for progress and errors.
    progress : Progress, optional
    max_minutes : float, optional
        After which no further step is begun.
    """

    def __init__(self, folder: Path, what: str, progress: Progress | None = None, max_minutes: float | None = None):
        self.folder, self._what, self._progress = folder, what, progress
        self._end = None if max_minutes is None else time.monotonic() + 60 * max_minutes
        (folder / "steps").mkdir(parents=True, exist_ok=True)

    def steps(self, names: Sequence[str]) -> Iterator[str]:
        """Each step that is not done yet.

        Raises
        ------
        IsoglossError
            If time is up before the last.
        """
        for place, name in enumerate(steps(self._what, names, self._progress)):
            if self.has(name):
                continue
            if self._end is not None and time.monotonic() >= self._end:
                raise IsoglossError(
                    f"stopped for want of time after {place} of {len(names)} steps", where=self._what,
                    hint="run it again: it goes on from there",
                )  # fmt: skip
            yield name

    def has(self, step: str) -> bool:
        """Whether a step is done."""
        return self._file(step).is_file()

    def put(self, step: str, tensors: Mapping[str, Any]) -> None:
        """Keep the tensors of a step, which is done thereby."""
        from safetensors.torch import save_file

        whole = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
        atomic_write(self._file(step), lambda path: save_file(whole, str(path), metadata={"format": "pt"}))

    def put_parts(self, name: str, shape: Sequence[int], kind: str, parts: Iterable[Any]) -> None:
        """Keep a tensor whose rows come some at a time, so that it is never held whole.

        Parameters
        ----------
        name : str
            Of the tensor, and of the step.
        shape : sequence of int
        kind : str
            What its numbers are, as safetensors calls it.
        parts : iterable of torch.Tensor
            Rows, in order.
        """
        size = math.prod(shape) * width_of(kind)

        def write(path: Path) -> None:
            with path.open("wb") as file:
                file.write(head_of({name: {"dtype": kind, "shape": list(shape), "data_offsets": [0, size]}}))
                for part in parts:
                    file.write(memoryview(part.contiguous().flatten().view(start_torch().uint8).numpy()))

        atomic_write(self._file(name), write)

    def tensors(self, step: str) -> dict[str, Any]:
        """The tensors of a step that is done."""
        from safetensors.torch import load_file

        read: dict[str, Any] = load_file(str(self._file(step)))
        return read

    def keep_state(self, tensors: Mapping[str, Any], record: Any) -> None:
        """Keep the state of a training that is under way, in place of the one before."""
        from safetensors.torch import save_file

        whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        said = {"record": json.dumps(record)}
        atomic_write(self.folder / STATE, lambda path: save_file(whole, str(path), metadata=said))

    def state(self) -> tuple[dict[str, Any], Any] | None:
        """The tensors and the record of the state that was kept last."""
        from safetensors import safe_open

        if not (self.folder / STATE).is_file():
            return None
        with safe_open(str(self.folder / STATE), framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, json.loads(file.metadata()["record"])  # noqa: SIM118 - it cannot be iterated

    def _file(self, step: str) -> Path:
        return self.folder / "steps" / f"{step.replace('/', '_')}.safetensors"

    def write(self, name: str, content: Any) -> None:
        """Write a file of JSON beside the weights."""
        self.write_text(name, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def write_text(self, name: str, text: str) -> None:
        """Write a file of text beside the weights."""
        atomic_write(self.folder / name, lambda path: path.write_text(text, encoding="utf-8"))

    def copy_others(self, source: Weights, without: Iterable[str] = ()) -> None:
        """Copy what lies beside the weights, but what is written here already and what is left out."""
        for path in sorted(source.folder.rglob("*")):
            name = path.relative_to(source.folder)
            unwanted = path.suffix in (*OF_WEIGHTS, ".py") or name.name in (*LEFT_OUT, *without)
            hidden = any(part.startswith(".") for part in name.parts)
            if path.is_file() and not (hidden or unwanted or (self.folder / name).exists()):
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, self.folder / name)

    def finish(self) -> None:
        """Put the tensors of all steps into one file."""
        join(sorted((self.folder / "steps").glob("*.safetensors")), self.folder / "model.safetensors")
        shutil.rmtree(self.folder / "steps")
        (self.folder / STATE).unlink(missing_ok=True)
