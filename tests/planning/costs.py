"""Costs of three recipes, small enough to add up by hand."""

import tomllib

RECIPES = """[compute]
hour = 3.6
seconds_per_translation = 1.0
[recipes.zero-shot]
train_hours = 1
serve_seconds = 0.1
[recipes.translate-train]
train_hours = 2
translated_examples = 36000
serve_seconds = 0.1
[recipes.translate-test]
train_hours = 1
serve_seconds = 0.1
translated_per_query = 1
"""
TEXT = f'currency = "USD"\nlabelled = 0.5\n{RECIPES}'
COSTS = tomllib.loads(TEXT)
