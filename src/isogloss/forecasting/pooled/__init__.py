"""Forecasts from other settings: the same language under other models and on other tasks, and models never measured."""
