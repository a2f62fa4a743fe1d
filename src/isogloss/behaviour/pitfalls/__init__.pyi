from .benchmark import write_benchmark
from .cldr import cldr_questions
from .pairs import Pair, Side, halves, pair_questions
from .run import Pitfalls, search_pitfalls
from .sentences import Sentence, Step, facts_as_sentences, read_sentences
from .translation import translate_questions, translated_sentences

__all__ = [
    "Pair",
    "Pitfalls",
    "Sentence",
    "Side",
    "Step",
    "cldr_questions",
    "facts_as_sentences",
    "halves",
    "pair_questions",
    "read_sentences",
    "search_pitfalls",
    "translate_questions",
    "translated_sentences",
    "write_benchmark",
]
