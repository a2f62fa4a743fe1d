"""The page of names: everything that commands, files and functions know by name, from the registries themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from docs.generator.docstrings import parse, summary
from docs.generator.markdown import anchor, code, link, page, plain, prose, table
from docs.generator.names_of_lab import lab_sections
from docs.generator.sections import adding, named, section
from isogloss.alignment import alignment_measures
from isogloss.behaviour import behaviour_metrics
from isogloss.charts.files import ENDINGS as PICTURES
from isogloss.evaluation import describe_protocol, protocols
from isogloss.evidence import importers, shipped
from isogloss.evidence.exporters import FORMATS, export
from isogloss.evidence.fetching.public import PublicSource, public_sources
from isogloss.evidence.training_mix import KINDS as OTHER_KINDS
from isogloss.explanation.pairs import OTHERS, PHRASES, SIMILARITIES
from isogloss.forecasting import forecasters
from isogloss.forecasting.output import ENDINGS as FORECASTS
from isogloss.languages import feature_sources, similarities
from isogloss.languages.distance import BUILT_IN_KINDS, MEANS, Angular
from isogloss.languages.groups import read_languages
from isogloss.languages.measures import Measure
from isogloss.languages.pretraining import MODELS, SHIPPED
from isogloss.languages.typology import COMPOSED
from isogloss.metrics import Metric, metrics
from isogloss.models import encoders
from isogloss.planning.costs import LABELLED
from isogloss.planning.objectives import objective
from isogloss.questions.answer import ENDINGS as ANSWERS

_INTRODUCTION = """What can be written where a command, a grid file or a function asks for a name. Most are kept in
registries, which a package of your own adds to by announcing an entry point:

```toml
[project.entry-points."isogloss.forecasters"]
mine = "my_package:MyForecaster"
```

Below, each registry says its group of entry points and what an entry has to be; a broken entry is skipped with a
warning. In a notebook, the decorator `@registry.register("mine")` does the same for that session."""


def names_page() -> str:
    """Markdown of everything that has a name."""
    sections = [*_evidence(), *_forecasts(), *_languages()]
    sections += [_encoders(), _alignment(), _behaviour(), *_plans(), *lab_sections(), _endings()]
    titles = [section.partition("\n")[0].removeprefix("## ") for section in sections]
    contents = "\n".join(f"- {link(title, f'#{anchor(title)}')}" for title in titles)
    return page("Names", _INTRODUCTION, contents, *sections)


def _link_to(forecaster: str) -> str:
    return link(code(forecaster), f"python/forecasting.md#class-{forecaster.lower()}")


def _forecasts() -> list[str]:
    found = [
        (
            code(name),
            plain(summary(one)),
            link(code(one.__name__), f"python/forecasting.md#class-{one.__name__.lower()}"),
        )
        for name, one in forecasters.items()
    ]
    factors = [(name, f"{group}: {PHRASES[name]}") for name, group in {**SIMILARITIES, **OTHERS}.items()]
    return [
        section(
            "Forecasters",
            "For `--forecaster` and `--forecasters`, and `isogloss.forecasting.forecasters`. "
            "[Which one should I believe?](../methods/forecasters.md)",
            table(("name", "what it is", "in Python"), found),
            adding(forecasters, "a subclass of [`Forecaster`](python/forecasting.md#class-forecaster) that names its "
                   "[`GridModel`](python/extending.md#class-gridmodel)"),
        ),
        section(
            "Protocols",
            "For `isogloss benchmark --protocol`: what is left out of the evidence and then asked for. "
            "[How to benchmark](../how-to/benchmark.md)",
            named((name, describe_protocol(one)) for name, one in protocols.items()),
            adding(protocols, "a function from evidence to an iterator of "
                   "[`Split`](python/evaluation.md#class-split), taking `every`, `folds` and `seed`"),
        ),
        section(
            "Factors",
            "For `isogloss explain --factors`: the group that each belongs to, and what it means to have more of it. "
            "The name of a registered similarity is one too.",
            named(factors, ("factor", "group and meaning")),
        ),
    ]  # fmt: skip


def _origin(importer: type) -> str:
    """The package of an importer that is not part of isogloss."""
    package = importer.__module__.partition(".")[0]
    return "" if package == "isogloss" else f"({package.replace('_', '-')}) "


def _evidence() -> list[str]:
    cards = [
        (name, (path / "CARD.md").read_text(encoding="utf-8").partition("\n")[0]) for name, path in shipped().items()
    ]
    public = [(name, code(one.importer), plain(f"{one.url} ({one.licence})")) for name, one in _public()]
    return [
        section(
            "Evidence that ships",
            "For `--evidence` and `isogloss.read_evidence`. Each has a data card, `CARD.md`, beside it.",
            named((name, card.removeprefix(f"# {name}: ")) for name, card in cards),
        ),
        section(
            "Importers",
            "For `isogloss evidence import --format`; without it, the file is recognised. "
            "[How to import](../how-to/import.md), [result files of other tools](../how-to/result-files.md)",
            named((name, _origin(one) + summary(one)) for name, one in importers.items()),
            adding(importers, "a subclass of [`Importer`](python/extending.md#class-importer)"),
        ),
        section(
            "Metrics",
            "What isogloss knows of metrics; of others it asks for `--scale` and `--better`.",
            table(
                ("name", "also called", "range", "better", "a score is"),
                ((code(name), ", ".join(map(code, one.synonyms)), *_facts(one)) for name, one in metrics.items()),
            ),
            adding(metrics, "a [`Metric`](python/metrics.md#class-metric)"),
        ),
        section(
            "Public evidence",
            "For `isogloss evidence fetch`.",
            table(("name", "importer", "where it lies"), ((code(name), *rest) for name, *rest in public)),
            adding(public_sources, "a [`PublicSource`](python/extending.md#class-publicsource)"),
        ),
        section(
            "Formats to export to",
            "For `isogloss evidence export --format`.",
            f"{', '.join(map(code, FORMATS))}: {_said_of(export, 'format')}",
        ),
        section(
            "Kinds of examples",
            "For mixes (`swa:500,swa+translated:1000`) and files of costs.",
            f"{', '.join(map(code, (LABELLED, *OTHER_KINDS)))}; in mixes, `{LABELLED}` is not written.",
        ),
    ]


def _facts(metric: Metric) -> tuple[str, str, str]:
    """Range, direction and aggregation of a metric in words."""
    ends = "not known" if metric.lowest is None else f"{metric.lowest:g} to {metric.highest:g}"
    unit = "" if metric.unit in ("fraction", "number") else f", written in {metric.unit}"
    direction = {True: "higher", False: "lower", None: ""}[metric.higher_is_better]
    over = {"item": "a mean over items", "corpus": "of all items at once", None: ""}[metric.aggregation]
    return ends + unit, direction, over + (", and computed by isogloss" if metric.computation else "")


def _public() -> Iterable[tuple[str, PublicSource]]:
    return public_sources.items()


def _languages() -> list[str]:
    sources = [(name, make()) for name, make in feature_sources.items()]
    rows = [(code(name), plain(one.title), plain(one.licence)) for name, one in sources]
    corpora = [(name, "a corpus") for name in SHIPPED] + [
        (name, f"the same as {corpus}") for name, corpus in MODELS.items()
    ]
    measured = [(code(kind), _measured(kind, measure(None))) for kind, measure in BUILT_IN_KINDS.items()]
    return [
        section(
            "Distances",
            "For `--kind` and `isogloss.languages.distances`. "
            "[How far apart are two languages?](../methods/languages.md)",
            table(("name", "what it is"), measured),
            "The name of a feature source is a kind of distance too, and so is that of a similarity: a table of your "
            "own, registered with [`register_similarity`](python/languages.md#register_similarity) or "
            "`--table NAME=FILE`.",
            adding(similarities, "what `register_similarity` returns"),
        ),
        section(
            "Feature sources",
            "For `isogloss.languages.features`, `distances` and `isogloss languages sources`.",
            table(("name", "from", "licence"), rows),
            adding(feature_sources, "a function without parameters that returns a "
                   "[`FeatureSource`](python/languages.md#class-featuresource)"),
        ),
        section(
            "Pretraining corpora and models",
            "For `isogloss.languages.resources`. Others are made known with "
            "[`register_resources`](python/languages.md#register_resources).",
            named(corpora),
        ),
    ]  # fmt: skip


def _encoders() -> str:
    return section(
        "Encoders",
        "For `isogloss align encode --model` and `isogloss.models.load_encoder`, beside checkpoints and "
        "`MODULE:NAME`. None comes with isogloss. [How to encode](../how-to/encode.md)",
        adding(encoders, "an object, or a class of objects, with a method `encode` from a list of texts to an array of "
               "one vector for each"),
    )  # fmt: skip


def _alignment() -> str:
    rows = [
        (code(name), plain(summary(one)), f"{one.lowest:g} to {one.highest:g}")
        for name, one in alignment_measures.items()
    ]
    return section(
        "Measures of alignment",
        "For `isogloss align score --metric` and `isogloss.alignment.score`. "
        "[What do they compute, and where do other tools differ?](../methods/alignment.md)",
        table(("name", "what it is", "range"), rows),
        adding(alignment_measures, "a subclass of [`Measure`](python/alignment.md#class-measure), such as "
               "[`SentenceMeasure`](python/alignment.md#class-sentencemeasure)"),
    )  # fmt: skip


def _behaviour() -> str:
    rows = [
        (code(name), plain(one.meaning), code(one.formula), f"{one.lowest:g} to {one.highest:g}", plain(one.chance),
         plain(one.misleads))
        for name, one in behaviour_metrics.items()
    ]  # fmt: skip
    return section(
        "Metrics of behaviour",
        "Columns of what `isogloss behaviour` answers. [What do they compute?](../methods/behaviour.md)",
        table(("name", "what it is", "formula", "range", "chance", "when it misleads"), rows),
        adding(behaviour_metrics, "a [`BehaviourMetric`](python/behaviour.md#class-behaviourmetric)"),
    )


def _measured(name: str, measure: Measure) -> str:
    """What a kind of distance is: the formula, and what it is computed from."""
    if name in MEANS:
        return f"The mean of those of {', '.join(map(code, MEANS[name]))} that are known"
    said = plain(summary(type(measure)))
    if not isinstance(measure, Angular):
        return said
    return f"{said}; features of {', '.join(map(code, COMPOSED.get(name, (measure.kind,))))}"


def _plans() -> list[str]:
    return [
        section(
            "Objectives",
            "For `isogloss plan --objective`. [How is a budget planned?](../methods/budget.md)",
            _said_of(objective, "name"),
        ),
        section("Groups of languages", "Wherever languages are named.", _said_of(read_languages, "names")),
    ]  # fmt: skip


def _said_of(function: Any, parameter: str) -> str:
    """What a docstring says of a parameter."""
    return prose(next(one.description or "" for one in parse(function).params if one.arg_name == parameter))


def _endings() -> str:
    rows = [
        ("the answer of any command, `--out`", ANSWERS),
        ("a chart, `isogloss.charts.save`", PICTURES),
        ("the file of queries with their forecasts, `isogloss forecast --filled`", FORECASTS),
    ]
    return section(
        "Files to write",
        "The ending says the format. Of an answer, `.png` and `.svg` hold the picture, `.csv` and `.parquet` the main "
        "table, `.xlsx` all tables, `.html` and `.json` everything; `.json` of a chart is Vega-Lite.",
        table(("what", "endings"), ((what, ", ".join(map(code, endings))) for what, endings in rows)),
    )
