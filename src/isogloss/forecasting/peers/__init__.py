"""Forecasters that the default has to beat: one file each, found by name in `isogloss.forecasting.forecasters`."""
