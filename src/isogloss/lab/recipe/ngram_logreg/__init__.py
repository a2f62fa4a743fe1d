"""`ngram-logreg`: TF-IDF of character n-grams and logistic regression, the recipe that needs nothing but a CPU.

It knows no language before it is trained, so what it carries from one language to another is what the
two share in writing: names, numbers, loanwords and cognates.
"""

from __future__ import annotations

from isogloss.lab.recipe.ngram_logreg.recipe import NgramLogreg

__all__ = ["NgramLogreg"]
