"""Tasks read from their tables, with the checks of every kind: what would make scores meaningless is refused."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from isogloss.errors import BadValue, UnknownLanguage, UnknownName
from isogloss.evidence.pairs import ARROW, about_pair, read_direction
from isogloss.lab.byte_tokenizer import clone_text
from isogloss.lab.chronology import check_order, divide_by_date, with_dates
from isogloss.lab.examples import Examples
from isogloss.lab.task import Copy, Leak, Task, TaskInfo, TaskKind
from isogloss.languages import Language, resolve
from isogloss.texts.tables import read_table

MOST_NAMED = 5
"""Unknown languages that a warning names."""
MOST_CATEGORIES = 100
FEW_CATEGORIES = 4
"""So many categories may have a single item each in a small test set."""
_DEV_NAMES = ("dev", "validation", "valid", "val")


def read_task(info: TaskInfo) -> Task:
    """A task with its data.

    Raises
    ------
    InputError
        One line: the file, the language, the reason, the hint. Such as: a missing file, columns, texts or labels; two
        codes for one language; an item twice; test items or texts that are trained on.
    """
    kind, where = info.kind, str(info.file)
    table = read_table(info.file, info.columns, kind.separators(info.options))
    if kind.leaves_out:
        table = leave_out(table, info)
    table = _complete(table, where, kind.lists, blank=("category", *(kind.optional if kind.leaves_out else ())))
    if "date" in info.columns:
        table = with_dates(table, where)
    if info.begins:
        table = divide_by_date(table, info.begins)
    if info.shares:
        table = divide(table, info.shares, by_item="item" in info.columns)
    info = _with_dev(info, set(table["split"].unique()))
    names = {name: split for split, name in info.splits.items()}
    table = table.filter(pl.col("split").is_in(list(names))).with_columns(pl.col("split").replace(names))
    if "date" in info.columns:
        check_order(table, where)
    if info.domains:
        table = info.domains.chosen(table, kind.plain(table), where)
    if info.copies:
        table = _with_copies(table, info.copies, [one for one in kind.copied(info) if one in table.columns], where)
    table = kind.arranged(table, info)
    if "category" in table.columns:
        table = _with_categories(table, where)
    languages = _languages(table, info, where)
    _check_items(table, info, where)
    table = kind.check(table, info)
    labels = kind.labels(table, info)
    leaks = _leaks(table.with_columns(plain=kind.plain(table)), info)
    # Ids that are numbers go by number: the order must not depend on how the file is sorted.
    ordered = table.sort("language", pl.col("item").cast(pl.Int64, strict=False), "item", nulls_last=True)
    train, dev, test = (
        {
            str(language): _examples(kind, group, labels)
            for (language,), group in ordered.filter(split=split).group_by("language", maintain_order=True)
        }
        for split in ("train", "dev", "test")
    )
    return kind.complete(Task(info, labels, languages, train, test, leaks, dev))


def _examples(kind: TaskKind, group: pl.DataFrame, labels: list[str]) -> Examples:
    categories = group["category"].to_list() if "category" in group.columns else None
    return replace(kind.examples(group, labels), categories=categories)


def _with_categories(table: pl.DataFrame, where: str) -> pl.DataFrame:
    """The table with null where an item has no category.

    Raises
    ------
    BadValue
        If there are none, more than anybody reads, or one for each item: the column may be of something else.
    """
    table = table.with_columns(category=pl.col("category").str.strip_chars())
    table = table.with_columns(category=pl.when(~pl.col("category").is_in(["", "-"])).then("category"))
    count = table["category"].drop_nulls().n_unique()
    if not 1 <= count <= MOST_CATEGORIES:
        hint = f"name a column with {MOST_CATEGORIES} values at most, or leave out `category`"
        raise BadValue(f"{count} categories of items", where=where, hint=hint)
    largest = table.drop_nulls("category").group_by("language", "split", "category").len()["len"].max()
    if count > FEW_CATEGORIES and largest == 1:
        hint = "name a column whose values several items share, or leave out `category`"
        raise BadValue(f"{count} categories, each of a single item in a language: ids?", where=where, hint=hint)
    return table


def _with_dev(info: TaskInfo, there: set[str]) -> TaskInfo:
    """With the split that models are chosen on: the one declared, else one with a usual name."""
    taken = set(info.splits.values())
    dev = info.splits.get("dev") or next((name for name in _DEV_NAMES if name in there - taken), None)
    if dev is not None:
        info = replace(info, splits={**info.splits, "dev": dev})
    for split in info.splits.values():
        if split not in there:
            hint = (
                "divide them by a column with more values"
                if info.shares
                else "give other days with `begin`"
                if info.begins
                else "name the splits in a section [task.splits]"
            )
            raise BadValue(f"no row has the split '{split}'", where=str(info.file), hint=hint)
    return info


def leave_out(table: pl.DataFrame, info: TaskInfo) -> pl.DataFrame:
    """The table without rows that lack what is needed or are in an unknown language; a warning says how many.

    Raises
    ------
    BadValue
        If no row is left.
    """
    kind, reasons = info.kind, {}
    lacking = [(f"without {name}", _is_empty(pl.col(name))) for name in ("language", *kind.needed)]
    strange = [code for code in table["language"].drop_nulls().unique().sort() if not _is_known(code, info)]
    lacking.append((f"in unknown languages ({', '.join(strange[:MOST_NAMED])})", pl.col("language").is_in(strange)))
    kept = table
    for reason, is_so in lacking:
        before = kept.height
        kept = kept.filter(~is_so)
        reasons[reason] = before - kept.height
    if kept.is_empty():
        raise BadValue("no row has all that is needed", where=str(info.file), hint="look at the columns of the task")
    said = ", ".join(f"{count} {reason}" for reason, count in reasons.items() if count)
    if said:
        rows = table.height - kept.height
        warnings.warn(f"{info.file}: {rows} of {table.height} rows are left out: {said}", stacklevel=2)
    return kept.with_columns(pl.col(name).fill_null("") for name in kind.optional if name in kept.columns)


def _is_empty(column: pl.Expr) -> pl.Expr:
    return column.is_null() | (column.str.strip_chars() == "")


def _is_known(code: str, info: TaskInfo) -> bool:
    try:
        resolve(info.codes.get(code, code))
    except UnknownLanguage:
        return False
    return True


def _complete(table: pl.DataFrame, where: str, lists: Mapping[str, str], blank: Sequence[str] = ()) -> pl.DataFrame:
    """The table without a null; items are counted through where the file names none."""
    for name in (name for name in table.columns if name not in ("row", *blank)):
        nothing = pl.col(name).list.len() == 0 if name in lists else pl.col(name).str.strip_chars() == ""
        empty = table.filter(pl.col(name).is_null() | nothing)
        if empty.height:
            raise BadValue(f"no {name}", where=f"{where} row {empty['row'][0]}", hint="fill it in or remove the row")
    if "item" in table.columns:
        return table
    whole = [name for name in ("language", "split") if name in table.columns]
    place = pl.int_range(pl.len()).over(whole)
    named = [pl.col("split"), pl.lit(":")] if "split" in whole else []
    return table.with_columns(item=pl.concat_str(*named, place))


def _languages(table: pl.DataFrame, info: TaskInfo, where: str) -> dict[str, Language]:
    first = table.group_by("language").agg(pl.col("row").min()).sort("language")
    spoken = {code: info.kind.spoken(code, info, f"{where} row {row}") for code, row in first.iter_rows()}
    by_id: dict[tuple[str, ...], str] = {}
    for code, sides in spoken.items():
        ids = tuple(side.id for side in sides)
        if ids in by_id:
            what = "language" if len(ids) == 1 else "pair"
            raise BadValue(
                f"'{by_id[ids]}' and '{code}' are one {what}, {ARROW.join(ids)}",
                where=where,
                hint="give all its rows the same code",
            )
        by_id[ids] = code
    # A score from one language into another is about that of both which is not English, else the second.
    about = {code: sides[0] if len(sides) == 1 else resolve(_about(*sides)) for code, sides in spoken.items()}
    found = {side for code in spoken for side in read_direction(code) or (code,)} - set(info.copies)
    if info.languages is not None and set(info.languages) != found:
        differing = sorted(set(info.languages) ^ found)
        what = "is declared and has no row" if differing[0] in info.languages else "has rows and is not declared"
        raise BadValue(f"language '{differing[0]}' {what}", where=where, hint="correct `languages` of the task")
    return about


def _about(first: Language, second: Language) -> str:
    about = about_pair(first.id, second.id).target
    assert about is not None
    return about


def _check_items(table: pl.DataFrame, info: TaskInfo, where: str) -> None:
    twice = table.filter(pl.struct("language", "split", "item").is_duplicated())
    if twice.height:
        row = twice.row(0, named=True)
        raise BadValue(
            f"item '{row['item']}' stands twice in the split '{info.splits[row['split']]}' of '{row['language']}'",
            where=f"{where} row {row['row']}",
            hint="item ids must tell the texts of a language apart",
        )
    if "item" not in info.columns:
        return  # counted through, so that equal ones mean nothing
    trained = table.filter(split="train").select("item", "language").unique("item")
    leaked = table.filter(split="test").join(trained, on="item", suffix="_trained").sort("row")
    if leaked.height:
        row = leaked.row(0, named=True)
        raise BadValue(
            f"test item '{row['item']}' of '{row['language']}' is trained on in '{row['language_trained']}' "
            f"({leaked['item'].n_unique()} such items)",
            where=where,
            hint="keep translations in one split; leave `item` out of [task.columns] if ids are not shared",
        )


def _leaks(table: pl.DataFrame, info: TaskInfo) -> dict[str, Leak]:
    """Test texts that stand in the training texts of their language."""
    folded = pl.col("plain").str.normalize("NFKC").str.to_lowercase().str.replace_all(r"[\p{P}\s]+", " ")
    table = table.with_columns(folded=folded.str.strip_chars())
    tested, found = table.filter(split="test"), {}
    for column in ("plain", "folded"):
        trained = table.filter(split="train").select("language", column).unique()
        repeated = tested.filter(pl.col(column) != "").join(trained, on=["language", column], how="semi")
        found[column] = dict(repeated.group_by("language").len().iter_rows())
    sizes = dict(tested.group_by("language").len().iter_rows())
    leaks = {code: Leak(found["plain"].get(code, 0), count) for code, count in sorted(found["folded"].items())}
    worst = max(leaks, key=lambda code: leaks[code].normalised / sizes[code], default=None)
    if worst is not None and leaks[worst].normalised > info.allowed_leakage * sizes[worst]:
        raise BadValue(
            f"{leaks[worst].normalised} of {sizes[worst]} test texts of '{worst}' are also trained on "
            f"({leaks[worst].exact} letter by letter)",
            where=str(info.file),
            hint="remove them from one of the splits, or set allowed_leakage",
        )
    return leaks


def divide(table: pl.DataFrame, shares: Mapping[str, float], *, by_item: bool = True) -> pl.DataFrame:
    """The table with a column `split`: train, dev or test.

    Parameters
    ----------
    table : polars.DataFrame
        With the columns `item` and `division`. Rows that are alike in either, in whichever language, go into one
        split, and so does what is linked with them by further rows.
    shares : mapping of str to float
        Share of the rows in train and, if there is one, dev; the rest is in test.
    by_item : bool, default True
        Whether an item is the same in every language; if not, `division` alone counts.

    Notes
    -----
    Groups are put in the order of the SHA-256 of their first item (or value), and cut there once a split has its
    share. So the splits of a file are the same everywhere and do not depend on its order. Each split gets a group
    at least, if there are as many.
    """
    # By `division` each value is linked with itself.
    pairs = table.select("division", item="item" if by_item else "division").unique()
    groups = _linked(pairs).select("division", "group").unique()
    table = table.join(groups, on="division", maintain_order="left")
    sizes = dict(table.group_by("group").len().iter_rows())
    ordered = sorted(sizes, key=lambda group: hashlib.sha256(group.encode()).digest())
    splits, place = {}, 0
    for split in ("train", "dev"):
        wanted = max(1, round(shares[split] * table.height)) if split in shares else 0
        while wanted > 0 and place < len(ordered):
            splits[ordered[place]] = split
            wanted -= sizes[ordered[place]]
            place += 1
    named = pl.col("group").replace_strict(splits, default="test", return_dtype=pl.String)
    return table.with_columns(split=named).drop("division", "group")


def _linked(pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs of item and division with `group`, the smallest item id that they are linked with."""
    pairs = pairs.with_columns(group=pl.col("item"))
    while True:
        spread = pl.col("group").min().over("division")
        closer = pairs.with_columns(group=spread).with_columns(group=pl.col("group").min().over("item"))
        if closer.equals(pairs):
            return pairs
        pairs = closer


def _with_copies(table: pl.DataFrame, copies: Mapping[str, Copy], texts: Sequence[str], where: str) -> pl.DataFrame:
    """The rows of a task, and below them those of the copies, with the same items.

    Raises
    ------
    BadValue, UnknownName
        If there is no such language to copy, or one with the code of a copy already.
    """
    there, parts = table["language"].unique().sort().to_list(), [table]
    for code, (of, copy) in copies.items():
        if of not in there:
            raise UnknownName("language of the task", of, there, where=f"{where}: copy '{code}'")
        if code in there:
            raise BadValue(f"the file has a language '{code}' already", where=where, hint="call the copy otherwise")
        rows = table.filter(language=of).with_columns(pl.lit(code).alias("language"))
        for name in texts:
            put = [
                clone_text(one, copy) if isinstance(one, str) else [clone_text(word, copy) for word in one]
                for one in rows[name].to_list()
            ]
            rows = rows.with_columns(pl.Series(name, put, table.schema[name]))
        parts.append(rows)
    return pl.concat(parts)
