"""Reading what people have, as a plan: what is taken for what, how sure that is, and what has to be asked."""
