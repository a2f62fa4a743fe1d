"""All questions by the names of their commands, in the order of help."""

from __future__ import annotations

from isogloss.questions.believe import BenchmarkQuestion, TrustQuestion
from isogloss.questions.compare import CompareQuestion, FairQuestion
from isogloss.questions.curve import CurveQuestion
from isogloss.questions.evidence import ConflictsQuestion, SelectQuestion, ShowQuestion
from isogloss.questions.explain import AdditionsQuestion, ExplainQuestion
from isogloss.questions.forecast import ForecastQuestion
from isogloss.questions.next_tests import NextQuestion
from isogloss.questions.plan import GoalQuestion, KindsQuestion, PlanQuestion
from isogloss.questions.question import Question
from isogloss.questions.sources import SourcesQuestion

QUESTIONS: tuple[type[Question], ...] = (
    ForecastQuestion, TrustQuestion, ExplainQuestion, SourcesQuestion, NextQuestion, PlanQuestion, CurveQuestion,
    GoalQuestion, KindsQuestion, AdditionsQuestion, CompareQuestion, FairQuestion, BenchmarkQuestion,
    ShowQuestion, ConflictsQuestion, SelectQuestion,
)  # fmt: skip


def question_kinds() -> dict[str, type[Question]]:
    """Name of the command to its question."""
    return {kind.command: kind for kind in QUESTIONS}
