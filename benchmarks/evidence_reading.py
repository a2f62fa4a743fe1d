"""Claim: tables as people lay them out are read right, or what is unclear is asked; none is misread in silence.

Each input is a small file of our own making in a layout or with a slip that public tables have, beside the observations
that are right. An input counts as `read` if these and no others come out, as `asked` if an error asks and its answer
leads to them, else as `wrong`. Writes benchmarks/results/evidence_reading.json.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.evidence.reading.siblings import SIBLINGS, Sibling

from benchmarks.common import machine, versions, write_result
from isogloss.errors import IsoglossError
from isogloss.evidence import import_files, read_evidence

Right = list[tuple[str, float]]
TWO: Right = [("deu", 0.815), ("swa", 0.705)]
FOUR: Right = [*TWO, ("deu", 0.795), ("swa", 0.665)]
LONG = "model,task,metric,target,train,score\n"


@dataclass(frozen=True)
class Input:
    """One file: its layout and content, the targets and scores that are right, its name, what answers a question."""

    layout: str
    content: str | bytes
    right: Right
    name: str = "scores.csv"
    answer: dict[str, Any] | None = None


def long(*rows: str, extra: str = "") -> str:
    """A table of one score a row, by the names of an observation."""
    return LONG.replace("\n", f"{extra}\n") + "".join(f"{row}\n" for row in rows)


INPUTS = [
    # languages in rows
    Input("wide, models across", "Language,A,B\nGerman,81.5,79.5\nSwahili,70.5,66.5\n", FOUR),
    Input("wide, codes", "lang,A,B\nde,81.5,79.5\nsw,70.5,66.5\n", FOUR),
    Input("wide, codes with scripts", "lang,A,B\ndeu_Latn,81.5,79.5\nswa_Latn,70.5,66.5\n", FOUR),
    Input("wide, native names", "Sprache,A,B\nDeutsch,81.5,79.5\nKiswahili,70.5,66.5\n", FOUR),
    Input("wide, no name above the languages", ",A,B\nGerman,81.5,79.5\nSwahili,70.5,66.5\n", FOUR),
    Input("wide, tasks across", "Language,XNLI,XCOPA\nGerman,81.5,79.5\nSwahili,70.5,66.5\n", FOUR),
    Input("wide, metrics across", "Language,f1,accuracy\nGerman,81.5,79.5\nSwahili,70.5,66.5\n", FOUR),
    Input("wide, fractions", "Language,A,B\nGerman,.815,.795\nSwahili,.705,.665\n", FOUR),
    Input("wide, family beside", "Language,Family,A,B\nGerman,Germanic,81.5,79.5\nSwahili,Bantu,70.5,66.5\n", FOUR),
    Input("wide, codes beside names", "Language,ISO,A\nGerman,deu,81.5\nSwahili,swa,70.5\n", TWO),
    Input("wide, number of items beside", "Language,n,A,B\nGerman,200,81.5,79.5\nSwahili,200,70.5,66.5\n", FOUR),
    Input("wide, average row and column", "Language,A,Avg\nGerman,81.5,81.5\nSwahili,70.5,70.5\nAverage,76,76\n", TWO),
    Input("wide, title above", "Accuracy of spring,\n,\nLanguage,A\nGerman,81.5\nSwahili,70.5\n", TWO),
    Input("wide, two header rows", ",XNLI,,XCOPA,\nLanguage,A,B,A,B\nGerman,81.5,79.5,81.5,79.5\n",
          [("deu", 0.815), ("deu", 0.795)] * 2),
    Input("wide, no header", "German,81.5,79.5\nSwahili,70.5,66.5\n", FOUR),
    Input("wide, blanks and marks of absence", "Language,A,B\nGerman,81.5,-\nSwahili,OOM,66.5\nYoruba,n/a,\n",
          [("deu", 0.815), ("swa", 0.665)]),
    Input("wide, percent signs", "Language,A\nGerman,81.5%\nSwahili,70.5%\n", TWO),
    Input("wide, bold and errors", "Language,A\nGerman,**81.5 ± 0.4**\nSwahili,70.5±1.2\n", TWO),
    Input("wide, semicolons and decimal commas", "Language;A\nGerman;81,5\nSwahili;70,5\n", TWO),
    # languages in columns
    Input("languages across", "model,de,sw\nA,81.5,70.5\nB,79.5,66.5\n", FOUR),
    Input("languages across, average", "model,de,sw,avg\nA,81.5,70.5,76\nB,79.5,66.5,73\n", FOUR),
    Input("languages across, names", "Model,German,Swahili\nA,81.5,70.5\nB,79.5,66.5\n", FOUR),
    Input("languages across, a data set twice", "model,de,sw,de\nA,81.5,70.5,60\n", [], answer={}),
    Input("languages down and across", "chrF,de,sw\nen,81.5,70.5\n", TWO),
    Input("languages down and across, no metric", ",de,sw\nen,81.5,70.5\n", TWO, answer={"metric": "chrf"}),
    # one score a row
    Input("long, other headers", "Model name,Dataset,Lang,F1\nA,XNLI,German,81.5\nA,XNLI,Swahili,70.5\n", TWO),
    Input("long, no training languages", "model,task,metric,target,score\nA,t,f1,de,81.5\nA,t,f1,sw,70.5\n", TWO),
    Input("long, treebanks", long("A,ud,las,de_gsd,,81.5", "A,ud,las,no_nynorsk,,70.5"),
          [("deu", 0.815), ("nno", 0.705)]),
    Input("long, pairs as one value", long("A,t,bleu,en-de,,81.5", "A,t,bleu,en-sw,,70.5"), TWO),
    Input("long, pairs as two columns", "src,tgt,bleu\nen,de,81.5\nen,sw,70.5\n", TWO),
    Input("long, a pair or a country", long("A,t,f1,de-fr,,81.5"), [("deu", 0.815)],
          answer={"languages": {"de-fr": "de"}}),
    Input("long, summaries", long("A,t,f1,de,en,81.5", "A,t,f1,sw,en,70.5", "A,t,f1,all,en,76"), TWO),
    Input("long, trained on all", long("A,t,f1,de,all,81.5"), [], answer={}),
    Input("long, names and a code", "language,f1\nEwe,81.5\nGa,70.5\n", [("ewe", 0.815), ("gaa", 0.705)]),
    Input("long, codes of countries", "lang,f1\ncz,81.5\nkr,70.5\n", [("ces", 0.815), ("kor", 0.705)]),
    Input("long, a task beside languages", "lang,f1\nGerman,81.5\nnonsense,70.5\n", TWO,
          answer={"languages": {"nonsense": "sw"}}),
    Input("long, unknown metric", long("A,t,zeal,de,,81.5", "A,t,zeal,sw,,70.5"), TWO,
          answer={"scale": "percent", "better": "higher"}),
    Input("long, prompts", long("A,t,f1,de,,81.5,a", "A,t,f1,de,,79.5,b", extra=",prompt"), [("deu", 0.805)],
          answer={"duplicates": "mean"}),
    Input("mixed fractions and percentages", "Language,f1\nGerman,81.5\nSwahili,.705\n", [], answer={}),
    Input("mixed error rates", long("A,t,wer,de,,0.12", "A,t,wer,sw,,31.5"), [("deu", 0.12), ("swa", 31.5)],
          answer={"scale": "raw"}),
    Input("scores of 1 to 5", "Language,A\nGerman,4.5\nSwahili,3.5\n", [("deu", 4.5), ("swa", 3.5)],
          answer={"scale": "raw"}),
    # other files
    Input("Markdown", "| Language | A |\n|:--|--:|\n| German | **81.5** |\n| Swahili | 70.5 |\n", TWO, "a.md"),
    Input("HTML", "<table><tr><th>Language<th>A<tr><td>German<td>81.5<tr><td>Swahili<td>70.5</table>", TWO, "a.html"),
    Input("LaTeX", r"\begin{tabular}{lr}Language & A \\ \hline German & 81.5 \\ Swahili & 70.5 \\ \end{tabular}", TWO,
          "a.tex"),
    Input("UTF-16", "Language\tA\nGerman\t81.5\nSwahili\t70.5\n".encode("utf-16"), TWO, "a.tsv"),
    Input("gzip", gzip.compress(b"Language,A\nGerman,81.5\nSwahili,70.5\n"), TWO, "a.csv.gz"),
    Input("JSON records", json.dumps([{"lang": "de", "f1": 81.5}, {"lang": "sw", "f1": 70.5}]), TWO, "a.json"),
    Input("text that was copied", "Language\tA\nGerman\t81.5\nSwahili\t70.5\n", TWO, ""),
]  # fmt: skip


def outcome(one: Input, folder: Path) -> str:
    """Whether an input is read right, asked about with an answer that works, or wrong."""
    source: str | Path = str(one.content)
    if one.name:
        source = folder / one.name
        content = one.content.encode() if isinstance(one.content, str) else one.content
        source.write_bytes(content)
    try:
        right = is_right(one, source, {})
    except IsoglossError as error:
        answered = one.answer is not None and bool(error.hint)
        return "asked" if answered and (not one.answer or is_right(one, source, one.answer)) else "wrong"
    return "read" if right and one.answer is None else "wrong"


def is_right(one: Input, source: str | Path, options: dict[str, Any]) -> bool:
    """Whether exactly the right scores come out, and every row of a file is accounted for."""
    evidence = read_evidence(source, **options)
    scores = evidence.observations.select("target", "score").rows()
    rounded = Counter((target, round(score, 9)) for target, score in scores)
    accounted = True
    if not options and isinstance(source, Path):
        report = import_files([source], dry_run=True).files[0]
        accounted = report.rows == report.kept + report.queries + sum(report.dropped.values())
    return accounted and rounded == Counter(one.right)


def outcome_of_sibling(one: Sibling, folder: Path) -> str:
    """The same of an input of a kind that was once misread; one that has no right reading is to be refused."""
    folder.mkdir()
    files = {one.name: one.content} if isinstance(one.content, str) else one.content
    paths = [folder / name for name in files]
    for path, content in zip(paths, files.values(), strict=True):
        path.write_text(content)

    def right(**options: Any) -> bool:
        found = read_evidence(*paths, **one.options, **options).observations
        scores = Counter((target, round(score, 9)) for target, score in found.select("target", "score").rows())
        return scores == Counter((row["target"], row["score"]) for row in one.right)

    try:
        return "read" if right() and not one.asked else "wrong"
    except IsoglossError as error:
        if not one.asked or one.asked not in str(error) or not error.hint:
            return "wrong"
        return "refused with a hint" if not one.right else "asked" if right(**one.answer) else "wrong"


def main() -> None:
    """Read every input, and count."""
    with tempfile.TemporaryDirectory() as folder:
        outcomes = {one.layout: outcome(one, Path(folder)) for one in INPUTS}
        siblings = {f"{one.kind} {number}": outcome_of_sibling(one, Path(folder, str(number)))
                    for number, one in enumerate(SIBLINGS, start=1)}  # fmt: skip
    write_result(
        "evidence_reading",
        {
            "claim": "tables as people lay them out are read right, or what is unclear is asked",
            "machine": machine(),
            "versions": versions("isogloss", "polars", "python-calamine"),
            "inputs": len(outcomes),
            "outcomes": dict(sorted(Counter(outcomes.values()).items())),
            "by_layout": outcomes,
            "siblings of kinds that were misread": len(siblings),
            "outcomes of siblings": dict(sorted(Counter(siblings.values()).items())),
            "by_kind": siblings,
        },
    )


if __name__ == "__main__":
    main()
