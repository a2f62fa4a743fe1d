from .checkpoints import locate
from .decoder import Decoder, load_decoder
from .encoder import Encoder, encoders, load_encoder, pool
from .generation import generate
from .inputs import Choice, Cloze, InputType, Question, Tokens, tokenize
from .likelihood import Likelihoods, score
from .pieces import Pieces, load_pieces
from .tokenizers import Tokenizer

__all__ = [
    "Choice",
    "Cloze",
    "Decoder",
    "Encoder",
    "InputType",
    "Likelihoods",
    "Pieces",
    "Question",
    "Tokenizer",
    "Tokens",
    "encoders",
    "generate",
    "load_decoder",
    "load_encoder",
    "load_pieces",
    "locate",
    "pool",
    "score",
    "tokenize",
]
