"""What CloudWatch computes: embedded metrics, statistics, metric math, alarm states, log queries.

Pure functions without a clock, storage or the emulator; `local.adapter` feeds them.
"""
