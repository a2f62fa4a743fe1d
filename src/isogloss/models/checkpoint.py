"""Checkpoints: where one is, what is in it, and what is wrong with it."""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from isogloss.errors import BadFile, BadValue, UnknownName, first_line
from isogloss.models.runtime import device, start_torch

PACKAGE = "package:"
_FINGERPRINTED = (
    "config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "vocab.txt",
    "sentencepiece.bpe.model",
)  # fmt: skip


def locate(name: str) -> Path:
    """The folder of a checkpoint.

    Parameters
    ----------
    name : str
        A folder; `package:module/folder` for one inside an installed Python package; or the name of a model
        of the Hugging Face hub that has been downloaded before. Nothing is ever downloaded here.

    Raises
    ------
    BadFile
        If there is none, or it holds no weights that can be read without running code.
    """
    folder = _in_package(name) if name.startswith(PACKAGE) else Path(name).expanduser()
    if not folder.is_dir():
        folder = _downloaded(name)
    if not (folder / "config.json").is_file():
        raise BadFile("holds no checkpoint", where=str(folder), hint="there must be a config.json in it")
    if not list(folder.glob("*.safetensors")):
        raise BadFile(
            "holds no weights as safetensors", where=str(folder), hint="convert them: other formats can run code"
        )
    return folder


def _in_package(name: str) -> Path:
    module, _, inner = name.removeprefix(PACKAGE).partition("/")
    found = find_spec(module) if module.isidentifier() else None
    if found is None or found.origin is None:
        raise BadValue(f"no package '{module}' is installed", where=name, hint="install it, or give a folder")
    return Path(found.origin).parent / inner


def _downloaded(name: str) -> Path:
    """The folder of a model of the hub in the local cache."""
    start_torch()
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except Exception:  # the hub's own errors differ by version; all mean that it is not here
        raise BadFile(
            "no such folder, and no model of this name has been downloaded",
            where=f"checkpoint '{name}'",
            hint=f"correct the path, or download it: hf download {name}",
        ) from None


@lru_cache(maxsize=8)
def fingerprint(folder: Path) -> str:
    """First 16 hexadecimal digits of the SHA-256 of configuration, tokenizer and weights."""
    digest = hashlib.sha256()
    for path in sorted([*folder.glob("*.safetensors"), *(folder / name for name in _FINGERPRINTED)]):
        if path.is_file():
            digest.update(path.name.encode())
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
    return digest.hexdigest()[:16]


@lru_cache(maxsize=4)
def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of a checkpoint.

    Raises
    ------
    BadFile
        If it is damaged or missing.
    """
    start_torch()
    from transformers import AutoTokenizer

    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except Exception as error:  # every format of tokenizer fails in its own way
        raise _damaged("tokenizer", folder, error) from None
    if not tokenizer.is_fast:
        raise BadFile("has no fast tokenizer", where=str(folder), hint="convert it: there must be a tokenizer.json")
    return tokenizer


def load_encoder(folder: Path, precision: str) -> Any:
    """The model of a checkpoint without any head, ready to answer; for errors see `load_model`."""
    return load_model("AutoModel", folder, precision)


def load_model(kind: str, folder: Path, precision: str) -> Any:
    """The model of a checkpoint as one of the classes of transformers, ready to answer.

    Parameters
    ----------
    kind : str
        Name of the class, such as AutoModelForCausalLM.
    folder : pathlib.Path
    precision : str

    Raises
    ------
    BadFile
        If it is damaged, or lacks weights that its configuration asks for.
    """
    torch = start_torch()
    import transformers

    try:
        model, report = getattr(transformers, kind).from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False, use_safetensors=True,
            dtype=getattr(torch, precision), output_loading_info=True,
        )  # fmt: skip
    except Exception as error:  # a checkpoint can be wrong in any way; all are one trouble for who runs this
        raise _damaged("model", folder, error) from None
    # A pooler is made anew where a checkpoint has none, and recipes that need one say so.
    missing = sorted(name for name in report["missing_keys"] if "pooler" not in name)
    if missing:
        raise BadFile(
            f"lacks {len(missing)} weights, such as {missing[0]}", where=str(folder), hint="copy it again, whole"
        )
    return model.eval().to(device())


def describe_checkpoint(folder: Path) -> dict[str, Any]:
    """Parameters, layers and width of a model, with columns of `isogloss.evidence.schema.MODEL`."""
    start_torch()
    from safetensors import safe_open
    from transformers import AutoConfig

    parameters = 0
    for path in folder.glob("*.safetensors"):
        with safe_open(str(path), framework="np") as file:
            parameters += sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118 - it cannot be iterated
    configuration = AutoConfig.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    names = {"embedding_size": "hidden_size", "layers": "num_hidden_layers", "max_tokens": "max_position_embeddings"}
    return {"parameters": parameters} | {name: getattr(configuration, theirs, None) for name, theirs in names.items()}


def check_precision(precision: str) -> None:
    """Raise UnknownName unless numbers of this kind can be computed with."""
    from isogloss.models.runtime import PRECISIONS

    if precision not in PRECISIONS:
        raise UnknownName("precision", str(precision), PRECISIONS)


def _damaged(what: str, folder: Path, error: Exception) -> BadFile:
    reason = f"its {what} cannot be read ({first_line(error)})"
    return BadFile(reason, where=f"checkpoint {folder}", hint="copy it again, whole")
