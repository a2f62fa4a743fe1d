"""Pictures of answers: titled by the verdict, on the reader's scale, with the reader's names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from isogloss.questions.scale import Scale


def canvas_of(verdict: str, scale: Scale, names: Mapping[str, str] | None = None, score: str = "score") -> Any:
    """What every picture is told.

    Parameters
    ----------
    verdict : str
        The title.
    scale : Scale
    names : mapping of str to str, optional
        Languages as the reader wrote them.
    score : str, default "score"
        What the scores are.
    """
    from isogloss.charts import Canvas

    return Canvas(title=verdict.rstrip("."), percent=scale.factor == 100, names=names or {}, score=score)


def drawer(
    result: Any, verdict: str, scale: Scale, names: Mapping[str, str] | None = None, score: str = "score"
) -> Callable[[], Any]:
    """Draws a result of explanation or planning when it is called."""

    def draw() -> Any:
        from isogloss.charts import draw_result

        return draw_result(result, canvas=canvas_of(verdict, scale, names, score))

    return draw
