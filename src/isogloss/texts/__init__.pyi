from .aligners import Aligner, Bitext, Links, aligners, read_aligner
from .aligners.written import GoldLinks, alignment_error_rate, read_gold, write_links
from .bilingual import BilingualTexts, find_bilingual
from .closest import closest_sentences
from .mixing.drafts import Draft, read_drafts
from .mixing.judges import Judge, Judgement, OrderJudge, PromptedJudge, ShareJudge
from .mixing.word_languages import word_languages
from .mixing.writing import MixedTexts, write_mixed
from .projection import Projection
from .projection.markers import MarkedTranslations, translate_marked
from .projection.placeholders import translate_templates
from .projection.probable import project_probable
from .projection.scorers import SpanScorer, read_span_scorer, span_scorers
from .projection.spans import Span, project_spans, read_spans, write_spans
from .projection.tags import project_tags
from .transforms import Item, Outcome, TextTransform, Transformed, read_transform, text_transforms
from .translators import Passage, Translator, read_translator, translators

__all__ = [
    "Aligner",
    "BilingualTexts",
    "Bitext",
    "Draft",
    "GoldLinks",
    "Item",
    "Judge",
    "Judgement",
    "Links",
    "MarkedTranslations",
    "MixedTexts",
    "OrderJudge",
    "Outcome",
    "Passage",
    "Projection",
    "PromptedJudge",
    "ShareJudge",
    "Span",
    "SpanScorer",
    "TextTransform",
    "Transformed",
    "Translator",
    "aligners",
    "alignment_error_rate",
    "closest_sentences",
    "find_bilingual",
    "project_probable",
    "project_spans",
    "project_tags",
    "read_aligner",
    "read_drafts",
    "read_gold",
    "read_span_scorer",
    "read_spans",
    "read_transform",
    "read_translator",
    "span_scorers",
    "text_transforms",
    "translate_marked",
    "translate_templates",
    "translators",
    "word_languages",
    "write_links",
    "write_mixed",
    "write_spans",
]
