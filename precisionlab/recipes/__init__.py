"""Recipes: which format each tensor of a checkpoint gets under a budget, written for the tools that quantize."""
