"""Watches the model that serves: drift, quality and slices of what it was asked and answered.

`job` is the step; `rules` holds every check, and a fork adds its own there.
"""
