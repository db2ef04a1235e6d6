"""`make bench`: what is promised about speed, memory and cost, measured beside its peers."""
