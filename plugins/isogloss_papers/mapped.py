"""Tables of papers that a mapping file describes."""

from __future__ import annotations

from pathlib import Path

from isogloss.evidence.importers.table import MappedTable

MAPPINGS = Path(__file__).parent / "mappings"


class NNRank(MappedTable):
    """Named entity recognition on WikiANN of "NN-Rank" (github.com/abteen/nn-rank)."""

    name = "nn-rank"
    mapping = MAPPINGS / "nn-rank.toml"


class ProxyLMIntent(MappedTable):
    """Intent classification on MASSIVE of Anugraha et al. (2025), "ProxyLM" (github.com/davidanugraha/proxylm)."""

    name = "proxylm-intent"
    mapping = MAPPINGS / "proxylm-intent.toml"


class ProxyLMSlot(MappedTable):
    """Slot filling on MASSIVE of Anugraha et al. (2025), "ProxyLM" (github.com/davidanugraha/proxylm)."""

    name = "proxylm-slot"
    mapping = MAPPINGS / "proxylm-slot.toml"
