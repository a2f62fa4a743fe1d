"""Baselines: forecasters that the default is compared with, by name in `isogloss.forecasting.forecasters`."""
