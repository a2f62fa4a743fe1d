from .benchmark import write_benchmark
from .pairs import Pair, Side, halves, pair_questions
from .run import Pitfalls, search_pitfalls
from .sentences import Sentence, Step, facts_as_sentences, read_sentences

__all__ = [
    "Pair",
    "Pitfalls",
    "Sentence",
    "Side",
    "Step",
    "facts_as_sentences",
    "halves",
    "pair_questions",
    "read_sentences",
    "search_pitfalls",
    "write_benchmark",
]
