"""What is deployed: wiring and grants; the constructs know how."""
