"""Low-rank adapters of decoders, in the format of peft: added, written, read, and what each adds to a matrix."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from isogloss.errors import BadFile, BadValue, first_line
from isogloss.extras import need
from isogloss.files import atomic_folder
from isogloss.models.runtime import start_torch

CONFIGURATION, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_BEFORE = "base_model.model."
_PLAIN = {"bias": "none", "use_dora": False, "modules_to_save": None, "rank_pattern": {}, "alpha_pattern": {}}
"""What an adapter has to say for what it adds to be B A, the same for all matrices, and nothing beside."""


def configuration(rank: int, alpha: int, dropout: float, modules: Sequence[str], *, is_seq2seq: bool = False) -> Any:
    """The configuration of an adapter of a decoder or an encoder-decoder, as peft has it."""
    need("peft")
    from peft import LoraConfig

    task = "SEQ_2_SEQ_LM" if is_seq2seq else "CAUSAL_LM"
    return LoraConfig(r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules=list(modules), task_type=task)


def linear_modules(model: Any, wanted: Sequence[str]) -> list[str]:
    """The matrices of a decoder that an adapter adds to: all but the head, or those with the ends of names wanted.

    Raises
    ------
    BadValue
        If there is none.
    """
    head = model.get_output_embeddings()
    kinds = ("Linear", "Conv1D")
    every = [name for name, one in model.named_modules() if type(one).__name__ in kinds and one is not head]
    chosen = [name for name in every if name.rpartition(".")[2] in wanted] if wanted else every
    lacking = sorted({*wanted} - {name.rpartition(".")[2] for name in chosen})
    if lacking or not chosen:
        known = ", ".join(sorted({name.rpartition(".")[2] for name in every}))
        raise BadValue(
            f"the model has no module '{(lacking or ['linear'])[0]}'", where="modules", hint=f"it has {known}"
        )
    return chosen


def add_adapter(model: Any, shape: Any) -> Any:
    """Add an adapter, which changes nothing at first, to a model: the model as peft has it."""
    need("peft")
    from peft import get_peft_model

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks of transformers what will be called otherwise
        return get_peft_model(model, shape)


def write_adapter(folder: Path, arrays: Mapping[str, np.ndarray[Any, Any]], shape: Any, checkpoint: str) -> None:
    """Write an adapter as a folder that `peft.PeftModel.from_pretrained` reads.

    Parameters
    ----------
    folder : pathlib.Path
        To be made, whole or not at all.
    arrays : mapping of str to numpy.ndarray
        As peft names them in a file.
    shape : peft.LoraConfig
    checkpoint : str
        What it was trained on.
    """
    from safetensors.numpy import save_file

    with atomic_folder(folder) as made:
        settings = {**shape.to_dict(), "base_model_name_or_path": checkpoint, "inference_mode": True}
        text = json.dumps(settings, indent=2, sort_keys=True, default=sorted)  # a set has no order of its own
        (made / CONFIGURATION).write_text(text + "\n", encoding="utf-8")
        whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        save_file(whole, str(made / WEIGHTS), metadata={"format": "pt"})


class Adapter:
    """An adapter in a folder, as peft or isogloss wrote it.

    Parameters
    ----------
    folder : pathlib.Path

    Raises
    ------
    BadFile
        If there is none, it is damaged, or not in safetensors.
    BadValue
        If it is no LoRA, or one that adds more than a product of two matrices.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        for name in (CONFIGURATION, WEIGHTS):
            if not (folder / name).is_file():
                raise BadFile(
                    f"holds no {name}", where=f"adapter {folder}", hint="name a folder that peft wrote, in safetensors"
                )
        try:
            self.settings: dict[str, Any] = json.loads((folder / CONFIGURATION).read_text(encoding="utf-8"))
            self.scale = float(self.settings["lora_alpha"]) / float(self.settings["r"]) ** (
                0.5 if self.settings.get("use_rslora") else 1
            )
        except (ValueError, KeyError, TypeError, ZeroDivisionError) as error:
            reason = f"its {CONFIGURATION} cannot be read ({first_line(error)})"
            raise BadFile(reason, where=f"adapter {folder}", hint="copy it again, whole") from None
        odd = [name for name, plain in _PLAIN.items() if (self.settings.get(name) or plain) != plain]
        if self.settings.get("peft_type") != "LORA" or odd:
            what = f"{odd[0]} = {self.settings[odd[0]]!r}" if odd else f"a {self.settings.get('peft_type')}"
            raise BadValue(f"is {what}, not a plain LoRA", where=f"adapter {folder}", hint="merge it with peft itself")

    @cached_property
    def _file(self) -> Any:
        start_torch()
        from safetensors import SafetensorError, safe_open

        try:
            return safe_open(str(self.folder / WEIGHTS), framework="pt")
        except (SafetensorError, OSError) as error:
            reason = f"its {WEIGHTS} is damaged ({first_line(error)})"
            raise BadFile(reason, where=f"adapter {self.folder}", hint="copy it again, whole") from None

    @cached_property
    def modules(self) -> list[str]:
        """The matrices that it adds to, as the model calls their modules."""
        end = ".lora_A.weight"
        return sorted(name.removeprefix(_BEFORE)[: -len(end)] for name in self._file.keys() if name.endswith(end))  # noqa: SIM118 - it cannot be iterated

    @cached_property
    def digest(self) -> str:
        """SHA-256 of both files, in hexadecimal."""
        digest = hashlib.sha256()
        for name in (CONFIGURATION, WEIGHTS):
            digest.update((self.folder / name).read_bytes())
        return digest.hexdigest()

    def shape(self, module: str) -> tuple[int, ...]:
        """The shape of the matrix of a module, as the checkpoint stores it."""
        second, first = (self._file.get_slice(name).get_shape() for name in self._names(module))
        shape = (second[0], first[1])
        return shape[::-1] if self.settings.get("fan_in_fan_out") else shape

    def _names(self, module: str) -> list[str]:
        return [f"{_BEFORE}{module}.lora_{one}.weight" for one in "BA"]

    def addition(self, module: str) -> Any:
        """What it adds to the matrix of a module: alpha / r B A, a tensor of shape (outputs, inputs) in float32."""
        torch = start_torch()
        second, first = (self._file.get_tensor(name).to(torch.float32) for name in self._names(module))
        product = self.scale * (second @ first)
        return product.T.contiguous() if self.settings.get("fan_in_fan_out") else product
