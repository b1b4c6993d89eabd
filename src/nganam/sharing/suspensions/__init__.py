"""Suspension and termination (SM11): planned and forced stops, breaches of one user, the end of sharing (D43, D44)."""
