"""A forecaster, an importer, a metric and a recipe of your own, announced in pyproject.toml."""
