"""Gaussian processes: how parameters are learnt, how a process is conditioned on scores, and grids of them."""
