"""The tensors of a checkpoint, read one at a time, and what the model makes of each."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from isogloss.errors import BadFile, first_line
from isogloss.models.checkpoints import configuration
from isogloss.models.runtime import start_torch

INDEX = "model.safetensors.index.json"


class Weights:
    """The tensors of a checkpoint by name.

    Parameters
    ----------
    folder : pathlib.Path

    Raises
    ------
    BadFile
        If a file that the index names is missing, or one is damaged.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        start_torch()
        from safetensors import SafetensorError, safe_open

        self._files: dict[str, Any] = {}
        for path in self._paths():
            try:
                file = safe_open(str(path), framework="pt")
            except (SafetensorError, OSError) as error:
                reason = f"is damaged ({first_line(error)})"
                raise BadFile(reason, where=str(path), hint="copy it again, whole") from None
            self._files |= dict.fromkeys(file.keys(), file)
        self.names = sorted(self._files)

    def _paths(self) -> list[Path]:
        """The files of the weights, which all have to be there."""
        index = self.folder / INDEX
        if not index.is_file():
            return sorted(self.folder.glob("*.safetensors"))
        named = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        missing = [name for name in named if not (self.folder / name).is_file()]
        if missing:
            raise BadFile(
                f"lacks {', '.join(missing)}, which {INDEX} names", where=str(self.folder), hint="copy it again, whole"
            )
        return [self.folder / name for name in named]

    def __getitem__(self, name: str) -> Any:
        """A tensor, as `torch.Tensor`."""
        return self._files[name].get_tensor(name)

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor, which is not read for that."""
        return tuple(self._files[name].get_slice(name).get_shape())

    def kind(self, name: str) -> str:
        """What numbers of a tensor are, as safetensors calls it: F32, BF16, I8."""
        return str(self._files[name].get_slice(name).get_dtype())

    def width(self, name: str) -> int:
        """Bytes of each number of a tensor."""
        return width_of(self.kind(name))

    @cached_property
    def largest(self) -> int:
        """Bytes of the largest tensor, in 32-bit numbers."""
        return 4 * max(math.prod(self.shape(name)) for name in self.names)

    @cached_property
    def parameters(self) -> int:
        """How many numbers there are in all."""
        return sum(math.prod(self.shape(name)) for name in self.names)

    @cached_property
    def config(self) -> dict[str, Any]:
        """What config.json holds."""
        return self.read_json("config.json")

    def read_json(self, name: str) -> dict[str, Any]:
        """What a file of JSON beside the weights holds."""
        read: dict[str, Any] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        return read

    def stored(self, name: str) -> str | None:
        """How the checkpoint calls a tensor of the model: as it does, or with or without the name of the base."""
        ends = [one for one in self.names if one == name or one.endswith(f".{name}") or name.endswith(f".{one}")]
        return max(ends, key=lambda one: (one == name, len(one)), default=None)

    def skeleton(self, **changed: Any) -> Any:
        """The model without its numbers.

        Parameters
        ----------
        **changed
            Values of the configuration to change.

        Raises
        ------
        BadFile
            If transformers has no such architecture.
        """
        torch = start_torch()
        import transformers

        shape = configuration(self.folder)
        named = (getattr(shape, "architectures", None) or ["none"])[0]
        kind = getattr(transformers, named, None)
        if shape is None or kind is None:
            raise BadFile(
                f"its architecture '{named}' is none of transformers", where=str(self.folder),
                hint="name one under `architectures` in config.json",
            )  # fmt: skip
        shape = type(shape).from_dict(shape.to_dict())
        for name, value in changed.items():
            setattr(shape.get_text_config(), name, value)
        with torch.device("meta"):
            return kind(shape)

    def blocks(self) -> tuple[str, int]:
        """What the model calls its blocks, and how many there are.

        Raises
        ------
        BadFile
            If it has none in a row.
        """
        torch = start_torch()
        lists = [(name, one) for name, one in self.skeleton().named_modules() if isinstance(one, torch.nn.ModuleList)]
        if not lists:
            raise BadFile("its model has no blocks in a row", where=str(self.folder), hint="take another adaptation")
        name, found = max(lists, key=lambda one: sum(inner.numel() for inner in one[1].parameters()))
        return name, len(found)

    def places(self, names: Iterable[str]) -> dict[str, int | None]:
        """Which block each tensor belongs to, counted from 0; None for what belongs to none."""
        inside = re.compile(rf"(?:^|\.){re.escape(self.blocks()[0])}\.(\d+)\.")
        found = {name: inside.search(name) for name in names}
        return {name: int(match[1]) if match else None for name, match in found.items()}

    def linears(self) -> dict[str, bool]:
        """Matrices that states are multiplied with, without the head, to whether they are stored inputs first."""
        model = self.skeleton()
        head = model.get_output_embeddings()
        found = {}
        for name, module in model.named_modules():
            kind = type(module).__name__
            stored = self.stored(f"{name}.weight") if kind in ("Linear", "Conv1D") and module is not head else None
            if stored is not None:
                found[stored] = kind == "Conv1D"
        if not found:
            raise BadFile("has no matrix that states are multiplied with", where=str(self.folder))
        return found


def width_of(kind: str) -> int:
    """Bytes of each number of a kind, as safetensors calls it."""
    return int(re.sub(r"\D+", "", kind.partition("_")[0]) or 8) // 8


def head_of(tensors: Mapping[str, Any]) -> bytes:
    """What a file of safetensors begins with: how long its header is, and the header."""
    head = json.dumps({"__metadata__": {"format": "pt"}, **tensors}, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    return len(head).to_bytes(8, "little") + head


def join(files: Sequence[Path], into: Path) -> None:
    """Put the tensors of several safetensors files into one, in the order of their names, copying bytes only."""
    places: dict[str, tuple[Path, int, Mapping[str, Any]]] = {}
    for path in files:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(size))
        header.pop("__metadata__", None)
        places |= {name: (path, 8 + size, said) for name, said in header.items()}
    said: dict[str, Any] = {}
    total = 0
    for name in sorted(places):
        one = places[name][2]
        begin, end = one["data_offsets"]
        said[name] = {**one, "data_offsets": [total, total + end - begin]}
        total += end - begin
    with into.open("wb") as out:
        out.write(head_of(said))
        for name in sorted(places):
            path, start, one = places[name]
            begin, end = one["data_offsets"]
            with path.open("rb") as file:
                file.seek(start + begin)
                left = end - begin
                while left:
                    left -= out.write(file.read(min(left, 1 << 24)))
