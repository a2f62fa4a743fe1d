"""Pages for readers, and the generator of those that are written from the code."""
