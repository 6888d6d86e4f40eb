"""Recipes and prepared models: fetch, export, quantise, check, keep."""
