from .adaptation import Adaptation, adaptations
from .adaptation.card import adaptation_card
from .adaptation.chain import AdaptedCheckpoint, Chain
from .adaptation.run import adapt
from .adaptation.texts_file import TextsFile
from .adaptation.vocabulary.capacity import VocabularyCapacity, vocabulary_capacity
from .adaptation_findings import AdaptationFindings
from .adaptation_grid import AdaptationGrid, read_adaptation_grid
from .adaptation_run import run_adaptation_grid
from .byte_tokenizer import clone_text
from .byte_transformer import ByteTransformer, pretrain
from .clones import CloneStudy, measure_clones, study_clones
from .comparison import compare_recipes, costs_file, measured_costs, training_changes
from .executor import executors
from .grid import Grid, read_grid
from .instruction_mix import InstructionMix, mix_instructions
from .kinds import tasks
from .pretraining import read_pretraining
from .recipe import Corpus, Fitted, Recipe, Training, recipes
from .recipe.prompted.hints import Hint, hints
from .recipe.prompted.selection import Selection, selections
from .results import RunReport
from .run import plan_grid, run_grid
from .saving import load, save
from .task_file import known_tasks
from .trained_encoder import read_trained_encoder
from .transfer import Findings, findings
from .tuning import Demonstration, Tuning
from .tuning.checkpoint import tune
from .written_questions import QuestionRules, WrittenQuestions, read_answer_texts, write_questions

__all__ = [
    "Adaptation",
    "AdaptationFindings",
    "AdaptationGrid",
    "AdaptedCheckpoint",
    "ByteTransformer",
    "Chain",
    "CloneStudy",
    "Corpus",
    "Demonstration",
    "Findings",
    "Fitted",
    "Grid",
    "Hint",
    "InstructionMix",
    "QuestionRules",
    "Recipe",
    "RunReport",
    "Selection",
    "TextsFile",
    "Training",
    "Tuning",
    "VocabularyCapacity",
    "WrittenQuestions",
    "adapt",
    "adaptation_card",
    "adaptations",
    "clone_text",
    "compare_recipes",
    "costs_file",
    "executors",
    "findings",
    "hints",
    "known_tasks",
    "load",
    "measure_clones",
    "measured_costs",
    "mix_instructions",
    "plan_grid",
    "pretrain",
    "read_adaptation_grid",
    "read_answer_texts",
    "read_grid",
    "read_pretraining",
    "read_trained_encoder",
    "recipes",
    "run_adaptation_grid",
    "run_grid",
    "save",
    "selections",
    "study_clones",
    "tasks",
    "training_changes",
    "tune",
    "vocabulary_capacity",
    "write_questions",
]
