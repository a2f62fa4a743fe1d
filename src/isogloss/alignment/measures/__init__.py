"""The measures of alignment, one file each; their formulas and sources are in docs/methods/alignment.md."""
