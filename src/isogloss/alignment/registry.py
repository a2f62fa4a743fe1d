"""The measures of alignment by name: where one of them, or of a plugin, is looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.registry import Registry

if TYPE_CHECKING:
    from isogloss.alignment.measure import Measure

_FOLDER = "isogloss.alignment.measures"

alignment_measures: Registry[type[Measure]] = Registry(
    "alignment measure",
    {
        "mexa": f"{_FOLDER}.mexa:Mexa",
        "p@1": f"{_FOLDER}.retrieval:Retrieval",
        "p@1-forward": f"{_FOLDER}.retrieval:ForwardRetrieval",
        "p@1-backward": f"{_FOLDER}.retrieval:BackwardRetrieval",
        "margin": f"{_FOLDER}.margin:Margin",
        "csls": f"{_FOLDER}.csls:Csls",
        "cosine-gap": f"{_FOLDER}.cosine_gap:CosineGap",
        "mplm-sim": f"{_FOLDER}.mplm_sim:MplmSim",
        "mplm-sim-centred": f"{_FOLDER}.mplm_sim:CentredMplmSim",
        "language-ranker": f"{_FOLDER}.mplm_sim:LanguageRanker",
        "anisotropy": f"{_FOLDER}.anisotropy:Anisotropy",
        "cka": f"{_FOLDER}.cka:Cka",
        "cka-biased": f"{_FOLDER}.cka:BiasedCka",
        "cka-minibatch": f"{_FOLDER}.minibatch_cka:MinibatchCka",
        "svcca": f"{_FOLDER}.svcca:Svcca",
        "pwcca": f"{_FOLDER}.pwcca:Pwcca",
        "r2-cca": f"{_FOLDER}.r2_cca:R2Cca",
        "anc": f"{_FOLDER}.anc:Anc",
        "anc-signed": f"{_FOLDER}.anc:SignedAnc",
        "rsa": f"{_FOLDER}.rsa:Rsa",
    },
    "isogloss.alignment_measures",
    base="isogloss.alignment.measure:Measure",
)
"""Measures by name; other packages announce theirs in the entry-point group `isogloss.alignment_measures`."""
