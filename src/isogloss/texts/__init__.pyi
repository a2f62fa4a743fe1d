from .translators import Passage, Translator, read_translator, translators

__all__ = ["Passage", "Translator", "read_translator", "translators"]
