from .byte_tokenizer import clone_text
from .byte_transformer import ByteTransformer, pretrain

__all__ = ["ByteTransformer", "clone_text", "pretrain"]
