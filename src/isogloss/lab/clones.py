"""Cloned languages out of balance: what a rare copy of a language gains, and how near the two come."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.lab.byte_tokenizer import BYTES, Integers, clone_ids
from isogloss.lab.byte_transformer import ByteTransformer, bits_per_byte, pretrain
from isogloss.models.checkpoints import load_tokenizer
from isogloss.models.decoder import load_decoder
from isogloss.models.runtime import start_torch
from isogloss.progress import Progress, steps
from isogloss.stats import holm

if TYPE_CHECKING:
    import polars as pl

BALANCED, ALONE = 0.5, 1.0
COPY, TOTAL = "copy", "total"
TRIED = 0.1
"""Share of the texts on which models are tried, and that none of them reads."""
FEWEST_STRETCHES = 20
MEASURES = ("bits_copy", "bits_language", "retrieval", "gap", "embeddings")
"""What is measured of each model, see `measure_clones`."""


@dataclass(frozen=True)
class CloneStudy:
    """Models that read a language and a copy of it in several proportions.

    Attributes
    ----------
    runs : polars.DataFrame
        One row per model: `arm`, `share` and `share_end` (of the copy at the first and the last step), `seed`, `steps`,
        `copy_bytes` (read in the copy, expected), and the measures of `measure_clones`.
    arms : polars.DataFrame
        One row per arm and measure: `arm`, `share`, `measure`, `mean` over seeds with a 95 % interval of Student's t
        (`lower`, `upper`), `difference` to the balanced arm, paired by seed, with its interval (`difference_lower`,
        `difference_upper`), `p` and `p_holm`, corrected over the arms of a measure.
    equal : {"copy", "total"}
        What all arms have read as much of.
    stretches : int
        Held-out stretches that the measures are of; the chance level of `retrieval` is one over that.
    """

    runs: pl.DataFrame
    arms: pl.DataFrame
    equal: str
    stretches: int


def measure_clones(checkpoint: str | Path, texts: Sequence[str]) -> dict[str, float]:
    """How well a byte model knows a language and its first copy, and how near to each other it holds the two.

    Parameters
    ----------
    checkpoint : str or pathlib.Path
        A byte transformer with a copy, as `pretrain` writes it.
    texts : sequence of str
        In the language, none of which the model has read.

    Returns
    -------
    dict of str to float
        `bits_language`, `bits_copy`: per byte; `retrieval`: share of the stretches whose state in one language is
        nearest to the state of the same stretch in the other, mean of both directions (p@1); `gap`: mean cosine of the
        states of a stretch and its copy, less that with copies of other stretches; `embeddings`: the same of the
        vectors of bytes, over the bytes of the texts; `stretches`: how many.

    Raises
    ------
    BadValue
        If the model has no copy.
    NotEnoughEvidence
        If the texts are fewer than 20 stretches.

    Notes
    -----
    States are means over the bytes of a stretch, at the middle layer. The mean over all stretches of a language is
    taken away: the language itself is a direction that says nothing of the stretch.
    """
    from isogloss.alignment import score

    torch = start_torch()
    decoder = load_decoder(checkpoint)
    model, context = decoder.model, int(decoder.model.config.max_position_embeddings)
    vectors = model.get_input_embeddings().weight.detach().float().cpu().numpy()
    tokenizer = load_tokenizer(Path(checkpoint))
    row = np.concatenate([np.array(ids) for ids in tokenizer(list(texts))["input_ids"]]) if texts else np.empty(0, int)
    if len(vectors) < clone_ids(np.array([BYTES - 1]))[0] + 1:
        raise BadValue("has no copy of a language", where=str(checkpoint), hint="pretrain with copies = 1")
    count = len(row) // context
    if count < FEWEST_STRETCHES:
        raise NotEnoughEvidence(
            f"{count} stretches of {context} bytes are too few to tell them apart", where="texts",
            hint=f"give texts of {FEWEST_STRETCHES * context:,} bytes or more",
        )  # fmt: skip
    stretches = row[: count * context].reshape(count, context)
    middle = int(model.config.num_hidden_layers) // 2
    states = {}
    with torch.inference_mode():
        for name, ids in (("language", stretches), ("copy", clone_ids(stretches))):
            parts = [
                model(input_ids=torch.from_numpy(some).to(model.device), output_hidden_states=True)
                .hidden_states[middle].float().mean(1).cpu().numpy()
                for some in np.array_split(ids, max(1, count // 32))
            ]  # fmt: skip
            states[name] = np.concatenate(parts) - np.concatenate(parts).mean(0)
    read = np.unique(stretches[stretches < BYTES])
    found = dict(zip(*_cosines(score(states, ("p@1", "cosine-gap"), pivot="language")), strict=True))
    spelt = {"language": vectors[read], "copy": vectors[clone_ids(read)]}
    (_, (of_embeddings,)) = _cosines(score(spelt, ("cosine-gap",), pivot="language"))
    return {
        "bits_language": bits_per_byte(model, row, context), "bits_copy": bits_per_byte(model, clone_ids(row), context),
        "retrieval": found["p@1"], "gap": found["cosine-gap"], "embeddings": of_embeddings, "stretches": count,
    }  # fmt: skip


def _cosines(table: pl.DataFrame) -> tuple[list[str], list[float]]:
    """Names and values of measures at the only layer, of the copy."""
    rows = table.filter(layers="each", lang_b="copy")
    return rows["metric"].to_list(), rows["value"].to_list()


def study_clones(
    texts: Sequence[str], shape: ByteTransformer, *, shares: Sequence[float] = (0.1,), equal: str = COPY,
    seeds: int = 3, progress: Progress | None = None,
) -> CloneStudy:  # fmt: skip
    """Train byte models on a language and a copy of it, in balance and out of it, and measure both.

    Parameters
    ----------
    texts : sequence of str
        In one language; a tenth is not read, but tried.
    shape : ByteTransformer
        Of the models; `steps` are those of the balanced one.
    shares : sequence of float, default (0.1,)
        Shares of what is read that are in the copy, below one half.
    equal : {"copy", "total"}, default "copy"
        Read as much in the copy in every arm, so that rarer copies have more steps; or take as many steps in every arm.
    seeds : int, default 3
        Models of each arm, at least two.
    progress : Progress, optional

    Returns
    -------
    CloneStudy

    Raises
    ------
    BadValue
        For a share out of range, or less than two seeds.

    Notes
    -----
    Arms: `alone` reads the copy and nothing else; `balanced` one half; one for each share; and `schedule`, the copy's
    share of which goes in a straight line from the smallest share to one less it, so that in all as much is read of
    both as in balance (Schäfer et al. 2024). A stretch is in the copy by chance, whole. With `equal="copy"` every arm
    has read as much in the copy as the balanced one (expected), and any gain over `alone` comes from the language.
    """
    import polars as pl

    for share in shares:
        if not 0 < share < BALANCED:
            raise BadValue(f"{share:g} is no share below one half", where="shares", hint="give 0.1,0.02")
    if seeds < 2:
        raise BadValue(f"{seeds} seed", where="seeds", hint="give 2 or more: without, no interval is known")
    if equal not in (COPY, TOTAL):
        raise BadValue(f"'{equal}' is nothing that can be equal", where="equal", hint=f"{COPY} or {TOTAL}")
    aside = np.random.default_rng(0).permutation(len(texts))
    tried = [texts[place] for place in aside[: max(1, round(TRIED * len(texts)))]]
    learnt = [texts[place] for place in aside[len(tried) :]]
    least = min(shares)
    arms = {"alone": (ALONE, ALONE), "balanced": (BALANCED, BALANCED)}
    arms |= {f"{share:g}": (share, share) for share in sorted(shares, reverse=True)}
    arms["schedule"] = (least, 1 - least)
    rows = []
    jobs = [(arm, seed) for seed in range(seeds) for arm in arms]
    for arm, seed in steps("models", jobs, progress):
        first, last = arms[arm]
        share = (first + last) / 2
        count = shape.steps if equal == TOTAL else max(1, round(shape.steps * BALANCED / share))
        own = replace(shape, copies=1, clone_share=first, clone_share_end=last, steps=count, seed=shape.seed + seed)
        with tempfile.TemporaryDirectory() as folder:
            pretrain(learnt, Path(folder) / "model", own)
            measured = measure_clones(Path(folder) / "model", tried)
        read = round(count * shape.batch_size * shape.context * share)
        rows.append({"arm": arm, "share": first, "share_end": last, "seed": own.seed, "steps": count,
                     "copy_bytes": read, **measured})  # fmt: skip
    runs = pl.DataFrame(rows)
    return CloneStudy(runs.drop("stretches"), _by_arm(runs, list(arms)), equal, int(runs["stretches"][0]))


def _by_arm(runs: pl.DataFrame, arms: Sequence[str]) -> pl.DataFrame:
    import polars as pl

    rows = []
    for measure in MEASURES:
        compared = list(_compared(runs, arms, measure))
        corrected = holm([row["p"] for row in compared])
        rows += [row | {"p_holm": p} for row, p in zip(compared, corrected, strict=True)]
    return pl.DataFrame(rows, infer_schema_length=None)


def _compared(runs: pl.DataFrame, arms: Sequence[str], measure: str) -> Iterator[dict[str, Any]]:
    from scipy.special import stdtr

    balanced = runs.filter(arm="balanced").sort("seed")[measure].to_numpy()
    for arm in arms:
        own = runs.filter(arm=arm).sort("seed")
        values = own[measure].to_numpy()
        mean, margin = _interval(values)
        row: dict[str, Any] = {
            "arm": arm, "share": float(own["share"][0]), "measure": measure, "mean": mean, "lower": mean - margin,
            "upper": mean + margin, "difference": None, "difference_lower": None, "difference_upper": None, "p": None,
        }  # fmt: skip
        if arm != "balanced":
            differences = values - balanced
            difference, around = _interval(differences)
            error = float(differences.std(ddof=1)) / len(differences) ** 0.5
            t = abs(difference) / error if error else np.inf if difference else 0.0
            row |= {
                "difference": difference, "difference_lower": difference - around,
                "difference_upper": difference + around, "p": 2 * float(stdtr(len(differences) - 1, -t)),
            }  # fmt: skip
        yield row


def _interval(values: Integers) -> tuple[float, float]:
    """Mean and half of its 95 % interval, of Student's t."""
    from scipy.special import stdtrit

    return float(values.mean()), float(stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / len(values) ** 0.5)
