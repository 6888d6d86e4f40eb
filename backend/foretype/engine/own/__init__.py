"""A person's own words in the engine: their counts as tokens, and the distributions that they change."""
