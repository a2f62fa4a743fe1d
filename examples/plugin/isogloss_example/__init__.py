"""A forecaster, an importer, a metric, a kind of task and a recipe of your own, announced in pyproject.toml."""
