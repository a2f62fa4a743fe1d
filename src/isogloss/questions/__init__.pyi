from .answer import Answer, Table
from .catalogue import question_kinds
from .question import Question

__all__ = ["Answer", "Question", "Table", "question_kinds"]
