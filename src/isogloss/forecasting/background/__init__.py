"""Background: what public evidence says of languages and tables, learnt once and shipped as a small artefact."""
