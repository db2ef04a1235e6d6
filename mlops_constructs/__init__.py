"""Reusable constructs: a class and its props each; they know nothing of files or models."""
