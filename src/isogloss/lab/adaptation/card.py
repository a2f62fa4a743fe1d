"""What an adapted checkpoint is, in its folder: what was done, to what, under which licence, and what it changed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from isogloss.errors import BadFile
from isogloss.lab.adaptation import Adaptation
from isogloss.lab.adaptation.losses import measure_of
from isogloss.lab.adaptation.texts import digest, size
from isogloss.lab.adaptation.weights import Weights
from isogloss.models.checkpoints import fingerprint

CARD = "adaptation.json"
_LICENCE = re.compile(r"^license:\s*(\S+)\s*$", re.MULTILINE)


def adaptation_card(folder: str | Path) -> dict[str, Any]:
    """What an adapted checkpoint is.

    Parameters
    ----------
    folder : str or pathlib.Path

    Returns
    -------
    dict
        `adaptation`, `parameters`, `seed`, `of` (checkpoint, fingerprint, licence), `before` (the adaptations that made
        that checkpoint, if any), `corpus` (texts and bytes by language), `losses` (by language, before and after),
        `measure`, `facts`, `command`.

    Raises
    ------
    BadFile
        If there is none.
    """
    path = Path(folder) / CARD
    try:
        card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BadFile(f"holds no {CARD}", where=str(folder), hint="make it with isogloss.lab.adapt") from None
    return card


def make_card(
    checkpoint: str, source: Weights, adaptation: Adaptation, seed: int, texts: Mapping[str, Sequence[str]],
    losses: list[dict[str, Any]], facts: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """The card of a new checkpoint."""
    from isogloss import __version__

    earlier = adaptation_card(source.folder) if (source.folder / CARD).is_file() else {}
    named = {name: list(value) if isinstance(value, tuple) else value for name, value in adaptation.parameters.items()}
    given = "".join(f", {name}={value!r}" for name, value in named.items())
    corpus = ", corpus=..." if texts else ""
    return {
        "adaptation": adaptation.name, "version": adaptation.version, "parameters": named, "seed": seed,
        "of": {"checkpoint": checkpoint, "fingerprint": fingerprint(source.folder), "licence": _licence(source.folder)},
        "before": [*earlier.get("before", []), *([earlier["label"]] if earlier else [])], "label": adaptation.label,
        "corpus": {
            language: {"texts": len(some), "bytes": size(some), "sha256": digest({language: some})}
            for language, some in texts.items()
        },
        "measure": measure_of(source.folder), "losses": losses, "facts": dict(facts),
        "command": f"isogloss.lab.adapt({checkpoint!r}, {adaptation.name!r}{corpus}, seed={seed}{given})",
        "isogloss": __version__,
    }  # fmt: skip


def _licence(folder: Path) -> str | None:
    """What the model card of a checkpoint says."""
    path = folder / "README.md"
    said = _LICENCE.search(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else None
    return said[1] if said else None


def readme(card: Mapping[str, Any]) -> str:
    """The card as a model card of the Hugging Face hub."""
    licence = card["of"]["licence"]
    head = ["---", *([f"license: {licence}"] if licence else []), f"base_model: {json.dumps(card['of']['checkpoint'])}"]
    facts = [f"- {name.replace('_', ' ')}: {value}" for name, value in card["facts"].items()]
    rows = [
        f"| {one['language']} | {one['texts']} | {one['before']:.4f} | {one['after']:.4f} |" for one in card["losses"]
    ]
    what = "Bits per byte" if card["measure"] == "bits_per_byte" else "Distance of sentence vectors from those before"
    table = [f"{what}, on texts held out (lower is better):", "", "| language | texts | before | after |",
             "|---|---|---|---|", *rows]  # fmt: skip
    lines = [
        *head, "tags: [isogloss]", "---", "", f"# {card['adaptation']} of {card['of']['checkpoint']}", "",
        f"Made by isogloss {card['isogloss']}: `{card['command']}`", "",
        f"Licence of the checkpoint: {licence or 'its card states none'}. "
        f"Adaptations before this one: {', '.join(card['before']) or 'none'}.",
        *(["", *facts] if facts else []),
        "", *(table if rows else ["No loss was measured."]),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
