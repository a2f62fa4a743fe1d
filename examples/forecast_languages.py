"""Forecast a few languages from the evidence that ships, print the table and draw it."""

import isogloss
from isogloss.charts import Canvas, draw_forecast, save
from isogloss.forecasting import ask, fitted

TRAIN = "spa:700"

evidence = isogloss.read_evidence("isogloss:sib200-ngram").filter(metric="macro_f1")
queries = ask(
    task="SIB-200", model="char-ngram", train=TRAIN, targets=["Extremaduran", "Corsican", "Romansh", "Breton"]
)
forecasts = fitted(evidence, queries).predict_interval(queries, level=0.9)
print(forecasts.select("target", "mean", "lower", "upper", "trust", "flags"))

measured = evidence.filter(train=TRAIN).observations
canvas = Canvas(f"Topic classification, trained on {TRAIN}", score="macro-F1")
picture = draw_forecast(forecasts, measured, canvas=canvas)
print("picture:", save(picture, "forecast_languages.png"))
