"""What a model is: its recipe, its manifest, its prepared folder, and the models folder that keeps it."""
