"""The fault campaign: random schedules of everything that goes wrong, and the law afterwards."""
