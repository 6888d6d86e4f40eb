"""A person's own words: what is learnt from a field, and the file that keeps it as counts."""
