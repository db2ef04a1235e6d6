"""The operator's command line, and the same operations as a library.

Plain AWS calls, so every command works against AWS and against the local cloud.
"""
