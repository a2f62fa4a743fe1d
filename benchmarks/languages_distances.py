"""Claim: the seven matrices of URIEL+ over 93 languages agree to 1e-6 and take a hundredth of its time.

Both run in this process on the same languages. URIEL+ runs from a copy in a temporary folder, because it writes beside
itself; its rounding to four digits is switched off, so that more than four can be compared. Then, each in a process of
its own: every kind of distance between all languages there are, the first reading of all arrays, and later look-ups.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import itertools
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import RESULTS, Array, machine, versions, write_result
from isogloss.languages import distance_kinds, distances, features, resolve, resources
from isogloss.languages.sources import source

LANGUAGES, LANGUAGES_OF_AGREEMENT = 93, 83
SAME = {
    "syntactic": "syntactic",
    "phonological": "phonological",
    "inventory": "inventory",
    "featural": "featural",
    "genetic": "uriel-genetic",
    "geographic": "uriel-geographic",
    "script": "uriel-script",
}
"""URIEL+'s name of a distance, and our name of the same quantity."""
TYPOLOGICAL = ("syntactic", "phonological", "inventory", "featural")

FULL = """
import resource, sys, time, json
from isogloss.languages import distances, table
languages = list(table()["language"])
read, read_cpu = time.perf_counter(), time.process_time()
found = distances(languages, sys.argv[1])
seconds, cpu = time.perf_counter() - read, time.process_time() - read_cpu
known = int((~found.missing).sum())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
share = round(known / len(languages) ** 2, 3)
found = {"wall_s": round(seconds, 1), "cpu_s": round(cpu, 1), "peak_gib": round(peak, 2), "known": share}
print(json.dumps({"languages": len(languages), **found}))
"""
BUILD = """
import time
start = time.perf_counter()
from isogloss.languages import feature_sources, table
from isogloss.languages.sources import source
table()
for name in feature_sources.names(): source(name)
print(round(time.perf_counter() - start, 3))
"""
LOOK_UP = """
import sys, time
start = time.perf_counter()
from isogloss.languages import features, resolve
known = [resolve(code) for code in sys.argv[1].split()]
places = [(language.name, language.family, language.latitude, language.script) for language in known]
typology = features(known, "syntactic")
print(round(time.perf_counter() - start, 3))
"""


def main() -> None:
    """Measure everything; with the argument `ours`, all but the ten minutes of URIEL+, whose numbers stay."""
    candidates = dict.fromkeys([*sorted(resources("cc100")), "yor", "wol", "quy", "zul", "nya", "kin", "tsn"])
    languages = [code for code in candidates if _described(code)][:LANGUAGES]
    assert len(languages) == LANGUAGES, len(languages)
    if sys.argv[1:] == ["ours"]:
        before = json.loads((RESULTS / "languages_distances.json").read_text(encoding="utf-8"))
    else:
        before = side_by_side(languages)
        write_result("languages_distances", before)
    before |= in_double_precision(languages[:LANGUAGES_OF_AGREEMENT])
    write_result("languages_distances", {**before, **start_up(languages), **on_all_languages()})


def side_by_side(languages: list[str]) -> dict[str, Any]:
    """Both on the same languages."""
    theirs, their_seconds = run_urielplus(languages)
    ours, our_seconds = run_isogloss(languages)
    total, peer_total = (sum(part.values()) for part in (our_seconds, their_seconds))
    return {
        "claim": "seven matrices over 93 languages agree with urielplus to 1e-6 in a hundredth of its time",
        "machine": machine(),
        "versions": versions("urielplus", "numpy", "polars"),
        "input": {"languages": languages, "agreement_over": languages[:LANGUAGES_OF_AGREEMENT]},
        "ours_wall_s": our_seconds,
        "ours_total_s": round(total, 3),
        "peer_wall_s": their_seconds,
        "peer_total_s": round(peer_total, 1),
        "ratio": round(peer_total / total, 0),
        "agreement": {kind: compare(kind, languages, theirs[kind], ours[SAME[kind]]) for kind in SAME},
    }


def on_all_languages() -> dict[str, Any]:
    """Every kind of distance between all languages."""
    return {"all_languages": {kind: full_matrix(kind) for kind in distance_kinds()}}


def _described(code: str) -> bool:
    """Whether URIEL has a row of a language of its own, under its plain code."""
    language = resolve(code)
    return language.id in source("syntactic").rows and language.scope == "individual"


@contextlib.contextmanager
def urielplus() -> Iterator[Any]:
    """URIEL+ from a copy in a temporary folder, without its messages and its rounding to four digits."""
    spec = util.find_spec("urielplus")
    assert spec is not None
    assert spec.submodule_search_locations
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        shutil.copytree(spec.submodule_search_locations[0], Path(folder, "urielplus"))
        sys.path.insert(0, folder)
        try:
            module = importlib.import_module("urielplus.urielplus")
            querying = importlib.import_module("urielplus.urielplus_querying")
            assert str(module.__file__).startswith(folder)
            logging.disable(logging.CRITICAL)
            querying.round = lambda value, _digits: value
            yield module.URIELPlus()
        finally:
            sys.path.remove(folder)
            logging.disable(logging.NOTSET)


def run_urielplus(languages: list[str]) -> tuple[dict[str, Array], dict[str, float]]:
    """URIEL+'s own matrices and how long it took over each."""
    matrices, seconds = {}, {}
    with urielplus() as uriel:
        for kind in SAME:
            start = time.perf_counter()
            matrices[kind] = np.asarray(uriel.new_distance(kind, languages), dtype=float)
            seconds[kind] = round(time.perf_counter() - start, 3)
    return matrices, seconds


def in_double_precision(languages: list[str]) -> dict[str, Any]:
    """Differences where URIEL+'s own formula is given its own vectors in double precision; it keeps them in single."""
    differences = {}
    with urielplus() as uriel:
        for kind in ("genetic", "geographic"):
            ours = distances(languages, SAME[kind]).values
            vectors = [np.asarray(one, dtype=float) for one in uriel.get_vector(kind, languages).values()]
            pairs = itertools.combinations(range(len(languages)), 2)
            off = [abs(uriel._angular_distance(vectors[i], vectors[j]) - ours[i, j]) for i, j in pairs]
            differences[kind] = float(max(off))
    return {"max_abs_difference_in_double_precision": differences}


def run_isogloss(languages: list[str]) -> tuple[dict[str, Array], dict[str, float]]:
    """Our matrices, and how long each took with nothing remembered from before."""
    matrices, seconds = {}, {}
    for kind in SAME.values():
        start = time.perf_counter()
        matrices[kind] = distances(languages, kind).values
        seconds[kind] = round(time.perf_counter() - start, 4)
    return matrices, seconds


def compare(kind: str, languages: list[str], theirs: Array, ours: Array) -> dict[str, Any]:
    """Largest difference where both define the same; how many pairs they do not, and why."""
    part = slice(LANGUAGES_OF_AGREEMENT)
    theirs, ours = theirs[part, part], ours[part, part]
    pairs = np.triu(np.ones(theirs.shape, dtype=bool), 1)
    same = pairs.copy()
    result: dict[str, Any] = {"ours": SAME[kind], "pairs": int(pairs.sum())}
    if kind in TYPOLOGICAL:
        lent = np.array([bool(lenders) for lenders in features(languages, kind).inherited])[part]
        inherits = lent[:, None] | lent
        few = np.isnan(ours) & ~inherits & (theirs >= 0)
        result["pairs_with_inherited_features"] = int((inherits & pairs).sum())
        result["pairs_with_fewer_than_five_features_in_common"] = int((few & pairs).sum())
        same &= ~inherits & ~few
    unknown = theirs < 0
    result["pairs_unknown_to_both"] = int((same & unknown & np.isnan(ours)).sum())
    result["pairs_known_to_one"] = int((same & (unknown != np.isnan(ours))).sum())
    compared = same & ~unknown & ~np.isnan(ours)
    result["pairs_compared"] = int(compared.sum())
    result["max_abs_difference"] = float(np.abs(theirs - ours)[compared].max()) if compared.any() else None
    return result


def full_matrix(kind: str) -> dict[str, Any]:
    """Time and memory of a kind of distance between all languages."""
    found: dict[str, Any] = json.loads(_python(FULL, kind))
    return found


def start_up(languages: list[str]) -> dict[str, Any]:
    """Seconds of the first reading of all arrays into an empty cache, and of later look-ups."""
    hundred = " ".join([*languages, "yor", "wol", "quy", "zul", "nya", "kin", "tsn"][:100])
    with tempfile.TemporaryDirectory() as folder:
        build = float(_python(BUILD, cache=folder))
        looks, whole = [], []
        for _ in range(6):
            start = time.perf_counter()
            looks.append(float(_python(LOOK_UP, hundred, cache=folder)))
            whole.append(time.perf_counter() - start)
        size = sum(path.stat().st_size for path in Path(folder).iterdir()) / 2**20
    return {
        "first_reading_of_all_arrays_s": build,
        "cache_mib": round(size, 1),
        "later_import_and_100_languages_s": float(np.median(looks[1:])),
        "the_same_with_the_start_of_python_s": round(float(np.median(whole[1:])), 3),
    }


def _python(code: str, *arguments: str, cache: str | None = None) -> str:
    environment = {**os.environ, **({"ISOGLOSS_CACHE": cache} if cache else {})}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


if __name__ == "__main__":
    main()
