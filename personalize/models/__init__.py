"""Recommenders for the local Personalize: what a recipe trains, how it is chosen, and how good it honestly is."""
