"""How the sources of a target are ranked: the table, the process, the trees, the baselines and how all are scored."""
