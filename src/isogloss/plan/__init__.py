"""Plan what to do next: which source to train on, what to label, what to test, which recipe to pay for."""
