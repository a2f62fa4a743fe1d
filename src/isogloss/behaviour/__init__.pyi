from .aggregation import Aggregation, aggregate_labels
from .answering import answer_questions
from .confusion import Confusion, score_confusion
from .consistency import Consistency, score_consistency
from .countries import home_countries
from .culture import CulturalTransfer, score_cultural_transfer
from .demonstrations import answer_with_demonstrations
from .difficulty import Difficulty, score_difficulty
from .edits import edit_facts, score_edits
from .experts import Experts, score_experts
from .generation import GenerationScores, score_generation, text_metrics
from .identification import identification_accuracy, identify
from .items import read_items
from .metric import BehaviourMetric, Tally
from .name_votes import NameVotes, vote_names
from .needles import needle_questions
from .occupations import PronounChoice, read_pronoun_choices, score_pronoun_choices
from .person_sets import WinoBias, read_winobias, read_winomt, translated_persons
from .pronouns import Pronouns, read_pronouns, score_pronouns
from .question_table import read_questions
from .recall import Recall, score_recall
from .registry import behaviour_metrics
from .relation_neurons import RelationNeurons, find_relation_neurons
from .scoring import BehaviourScores, score_items
from .taught_facts import TaughtFacts, score_taught_facts
from .teaching import mark_taught, teach_facts
from .terms import read_terms
from .topics import cluster_topics
from .wins import Wins, score_wins

__all__ = [
    "Aggregation",
    "BehaviourMetric",
    "BehaviourScores",
    "Confusion",
    "Consistency",
    "CulturalTransfer",
    "Difficulty",
    "Experts",
    "GenerationScores",
    "NameVotes",
    "PronounChoice",
    "Pronouns",
    "Recall",
    "RelationNeurons",
    "Tally",
    "TaughtFacts",
    "WinoBias",
    "Wins",
    "aggregate_labels",
    "answer_questions",
    "answer_with_demonstrations",
    "behaviour_metrics",
    "cluster_topics",
    "edit_facts",
    "find_relation_neurons",
    "home_countries",
    "identification_accuracy",
    "identify",
    "mark_taught",
    "needle_questions",
    "read_items",
    "read_pronoun_choices",
    "read_pronouns",
    "read_questions",
    "read_terms",
    "read_winobias",
    "read_winomt",
    "score_confusion",
    "score_consistency",
    "score_cultural_transfer",
    "score_difficulty",
    "score_edits",
    "score_experts",
    "score_generation",
    "score_items",
    "score_pronoun_choices",
    "score_pronouns",
    "score_recall",
    "score_taught_facts",
    "score_wins",
    "teach_facts",
    "text_metrics",
    "translated_persons",
    "vote_names",
]
