"""Contracts as data: what the parts of the platform promise each other. Standard library only."""
