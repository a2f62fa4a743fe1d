"""How many examples of which language a budget buys best."""
