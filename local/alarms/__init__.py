"""What CloudWatch computes: embedded metrics, statistics, metric math and alarm states.

Pure functions without a clock, storage or the emulator; `local.adapter` feeds them.
"""
