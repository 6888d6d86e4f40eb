"""A model's recipe, manifest and prepared folder, and the models folder that holds prepared models."""
