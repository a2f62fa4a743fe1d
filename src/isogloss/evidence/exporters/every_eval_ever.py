"""Evidence as records of Every Eval Ever (schema 0.3.0): one per model and task, with all that tells runs apart."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from isogloss.evidence.evidence import Evidence
from isogloss.evidence.exporters.files import Files, language_code, safe_name, written
from isogloss.evidence.importers.every_eval_ever_runs import OWN
from isogloss.evidence.provenance import origin_of_source, sources_of
from isogloss.evidence.schema import observation_keys
from isogloss.metrics.registry import lowest_fraction

SCHEMA = "0.3.0"
_FILE = ("model", "task")
_DETAILS = ("pair", "train", "recipe", "shots", "split", "seed", "model_revision")
"""Columns that become details of a score, as the format has no field for them."""


def every_eval_ever_files(evidence: Evidence) -> tuple[Files, dict[str, int]]:
    """Name and content of each file; the format can say everything."""
    return _documents(evidence), {}


def _documents(evidence: Evidence) -> Files:
    rows = evidence.observations
    rows = rows.with_columns(observation_keys(rows))
    origins = sources_of(evidence.observations, evidence.files).with_columns(origin=origin_of_source())
    licences = {row["origin"]: row for row in origins.iter_rows(named=True)}
    now = str(int(datetime.now(UTC).timestamp()))
    sizes = dict(evidence.models.drop_nulls("parameters").select("model", "parameters").iter_rows())
    for (model, task), group in rows.group_by(_FILE, maintain_order=True):
        record = {
            "schema_version": SCHEMA,
            "evaluation_id": f"{task}/{model}/{now}",
            "retrieved_timestamp": now,
            "source_metadata": {
                "source_name": OWN,
                "source_type": "documentation",
                "source_organization_name": "unknown",
                "evaluator_relationship": "other",
            },
            "eval_library": {"name": OWN, "version": "unknown"},
            "model_info": {
                "name": model,
                "id": model,
                "additional_details": {"deployment_type": "unknown", "model_availability": "unknown"}
                | ({"num_model_parameters": str(sizes[model])} if model in sizes else {}),
            },
            "evaluation_results": [
                _result(row, licences.get(row["origin"], {})) for row in group.iter_rows(named=True)
            ],
        }
        yield f"{safe_name(str(model).replace('/', '__', 1))}/{safe_name(str(task))}.json", written(record)


def _result(row: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    bounded = row["scale"] != "raw"
    uncertainty: dict[str, Any] = {}
    if row["standard_error"] is not None:
        uncertainty["standard_error"] = {"value": row["standard_error"]}
    if row["items"] is not None:
        uncertainty["num_samples"] = row["items"]
    details = {name: "" if row[name] is None else str(row[name]) for name in _DETAILS}
    details |= {"language": language_code(row["target"]), "task_name": row["task"], "origin": row["origin"] or ""}
    details |= {name: source[name] for name in ("licence", "citation", "url", "checksum") if source.get(name)}
    return {
        "evaluation_result_id": row["observation"],
        "evaluation_name": row["task"],
        "source_data": {"dataset_name": row["task"], "source_type": "other"},
        "metric_config": {
            "metric_id": row["metric"],
            "metric_name": row["metric"],
            "metric_unit": "proportion" if bounded else "points",
            "lower_is_better": not row["higher_is_better"],
            "score_type": "continuous",
            "min_score": lowest_fraction(row["metric"]) if bounded else "-Infinity",
            "max_score": 1.0 if bounded else "Infinity",
        },
        "score_details": {
            "score": row["score"],
            "details": details,
            **({"uncertainty": uncertainty} if uncertainty else {}),
        },
        **({"evaluation_timestamp": row["recorded_at"].isoformat()} if row["recorded_at"] else {}),
    }
