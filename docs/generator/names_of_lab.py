"""What grid files name: tasks, recipes, translators, executors, with their parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from typing import Any

from docs.generator.docstrings import parse, summary
from docs.generator.markdown import code, link, plain, table
from docs.generator.sections import adding, section
from isogloss.lab import adaptations, executors, hints, recipes, selections, tasks
from isogloss.lab.task_file import describe_known
from isogloss.registry import Registry
from isogloss.texts import aligners, span_scorers, text_transforms, translators

_WORDS = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false", "dict": "table"}


def lab_sections() -> list[str]:
    """Sections of the page of names."""
    return [
        _tasks(),
        _kinds(),
        _recipes(),
        _selections(),
        _hints(),
        _adaptations(),
        _translators(),
        _aligners(),
        _span_scorers(),
        _text_transforms(),
        _executors(),
    ]


def parameter_texts(kind: type) -> dict[str, tuple[str, str]]:
    """Type and meaning of each parameter of a recipe or translator, from its docstring or that of what it extends."""
    found: dict[str, tuple[str, str]] = {}
    for one in kind.__mro__:
        said_here = parse(one).params if "__doc__" in vars(one) else []
        for said in said_here:
            for name in said.arg_name.split(","):
                if said.args[0] == "param":
                    found.setdefault(name.strip(), (said.type_name or "", said.description or ""))
    return found


def _parameters(kind: Any) -> list[tuple[str, str, str, str]]:
    """Rows of a table: in a grid file, types have the names that TOML's users know."""
    texts = parameter_texts(kind)
    return [
        (code(one.name), plain(_in_words(texts[one.name][0])), _default(one), plain(texts[one.name][1]))
        for one in fields(kind)
    ]


def _in_words(type_name: str) -> str:
    return re.sub(r"\b(str|int|float|bool|dict)\b", lambda found: _WORDS[found[0]], type_name)


def _default(parameter: Field[Any]) -> str:
    if parameter.default_factory is not MISSING:
        return code(_toml(parameter.default_factory()))
    return "needed" if parameter.default is MISSING else code(_toml(parameter.default))


def _toml(value: Any) -> str:
    """As a grid file writes it."""
    if isinstance(value, dict):
        inner = ", ".join(f"{name} = {_toml(one)}" for name, one in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else str(value)


def _tasks() -> str:
    rows = [
        (
            code(row["use"]),
            plain(row["name"]),
            code(row["kind"]),
            code(row["file"]),
            ", ".join(map(code, row["metrics"])),
            plain(row["licence"] or ""),
        )
        for row in describe_known().iter_rows(named=True)
    ]
    return section(
        "Tasks",
        "For `use` in `[task]` of a grid file; `isogloss lab tasks` says more of each. The data are not part of "
        "isogloss.",
        table(("name", "observations call it", "kind", "file", "metrics", "licence"), rows),
    )


def _kinds() -> str:
    rows = []
    for name, one in tasks.items():
        kind = one()
        needed, optional = (", ".join(map(code, some)) for some in ((*kind.needed, *kind.several), kind.optional))
        columns = f"{needed}; may have {optional}" if optional else needed
        template = code(kind.form.default.replace("\n", "\\n")) if kind.form else "none"
        rows.append((code(name), columns, ", ".join(map(code, kind.measurable)), template))
    return section(
        "Kinds of tasks",
        "For `kind` in `[task]`. Columns are given in `[task.columns]`, beside `language` and `split`.",
        table(("name", "columns", "metrics", "default template of prompts"), rows),
        adding(tasks, "a subclass of [`TaskKind`](python/extending.md#class-taskkind)"),
    )


def _recipes() -> str:
    rows = [(link(code(name), f"#{name}"), plain(summary(one))) for name, one in recipes.items()]
    return section(
        "Recipes",
        "For `name` in `[recipe]`, with parameters beside it; those of a model may stand in `[[model]]` instead. "
        "[How to measure](../how-to/measure.md)",
        table(("name", "what it does"), rows),
        adding(recipes, "a subclass of [`Recipe`](python/lab.md#class-recipe)"),
        *_each(recipes),
    )


def _adaptations() -> str:
    rows = [(link(code(name), f"#{name}"), plain(summary(one))) for name, one in adaptations.items()]
    return section(
        "Adaptations",
        "For `isogloss.lab.adapt`: from a checkpoint to another. "
        "[What does each do, and when does it fail?](../methods/adaptations.md)",
        table(("name", "what it does"), rows),
        adding(adaptations, "a subclass of [`Adaptation`](python/lab.md#class-adaptation)"),
        *_each(adaptations),
    )


def _selections() -> str:
    rows = [(code(name), plain(summary(one))) for name, one in selections.items()]
    return section(
        "Selections",
        "For `selection` of the recipe `in-context`. [When does each help?](../methods/prompting.md)",
        table(("name", "what it chooses"), rows),
        adding(selections, "a subclass of [`Selection`](python/lab.md#class-selection)"),
        *_each(selections),
    )


def _hints() -> str:
    rows = [(code(name), plain(summary(one))) for name, one in hints.items()]
    return section(
        "Hints",
        "For `hint` of the recipe `in-context`. [When does each help?](../methods/prompting.md#hints)",
        table(("name", "what stands before a question"), rows),
        adding(hints, "a subclass of [`Hint`](python/lab.md#class-hint)"),
        *_each(hints),
    )


def _translators() -> str:
    rows = [(code(name), plain(summary(one))) for name, one in translators.items()]
    return section(
        "Translators",
        "For `translator` of the recipes `translate-train` and `translate-test`.",
        table(("name", "what it does"), rows),
        adding(translators, "a subclass of [`Translator`](python/texts.md#class-translator)"),
        *_each(translators),
    )


def _aligners() -> str:
    rows = [(code(name), plain(summary(one))) for name, one in aligners.items()]
    return section(
        "Aligners",
        "They link words of translations. Those with an encoder compare its states, those without learn which words go "
        "together from the sentences themselves.",
        table(("name", "what it does"), rows),
        adding(aligners, "a subclass of [`Aligner`](python/texts.md#class-aligner)"),
        *_each(aligners),
    )


def _span_scorers() -> str:
    rows = [(code(name), plain(summary(one))) for name, one in span_scorers.items()]
    return section(
        "Span scorers",
        "They say how probable a stretch of a translation is for a span of the source, for the methods `candidates` "
        "and `constrained` of [`isogloss project`](commands.md#isogloss-project).",
        table(("name", "what it does"), rows),
        adding(span_scorers, "a subclass of [`SpanScorer`](python/texts.md#class-spanscorer)"),
        *_each(span_scorers),
    )


def _text_transforms() -> str:
    rows = [(code(name), plain(summary(one))) for name, one in text_transforms.items()]
    return section(
        "Text transforms",
        "For [`read_transform`](python/texts.md#read_transform): labelled texts in, texts with the labels they keep "
        "out.",
        table(("name", "what it does"), rows),
        adding(text_transforms, "a subclass of [`TextTransform`](python/texts.md#class-texttransform)"),
        *_each(text_transforms),
    )


def _each(registry: Registry) -> Iterator[str]:
    """A heading and a table of parameters for every entry that has any."""
    for name, one in registry.items():
        yield f"### {name}"
        kinds = [kind for kind, of_tasks in tasks.items() if registry is recipes and one.fits(of_tasks())]
        yield f"{plain(summary(one))}." + (f" For {', '.join(map(code, kinds))}." if kinds else "")
        if rows := _parameters(one):
            yield table(("parameter", "type", "default", "what it is"), rows)


def _executors() -> str:
    rows = [(code(name), plain(summary(one))) for name, one in executors.items()]
    return section(
        "Executors",
        "For `isogloss lab run --executor` and `isogloss.lab.run_grid`. "
        "[How to measure on several machines](../how-to/cluster.md)",
        table(("name", "where jobs run"), rows),
        adding(executors, "a subclass of [`Executor`](python/extending.md#class-executor)"),
    )
