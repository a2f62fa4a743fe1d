"""Forecast a few languages from the evidence that ships, print the table and draw it."""

import isogloss
from isogloss.charts import forecast_picture, save
from isogloss.forecasting import Default, ask

TRAIN = "spa:700"

evidence = isogloss.read_evidence("isogloss:sib200-ngram").filter(metric="macro_f1")
forecaster = Default().fit(evidence).conformalize()
queries = ask(
    task="SIB-200", model="char-ngram", train=TRAIN, targets=["Extremaduran", "Corsican", "Romansh", "Breton"]
)
forecasts = forecaster.predict_interval(queries, level=0.9)
print(forecasts.select("target", "mean", "lower", "upper", "basis"))

measured = evidence.filter(train=TRAIN).observations
picture = forecast_picture(forecasts, measured, score="macro-F1", title=f"Topic classification, trained on {TRAIN}")
print("picture:", save(picture, "forecast_languages.png"))
