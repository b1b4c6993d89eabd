"""Settling of difficulties in connecting and sharing (S23, D47-D50), and reports of errors in received data (D52.2c).

Serves the agencies that share, the lead agency and the Chairman. A dispute is opened from the thing it is about; the
room tells ``sharing`` what the settlement means for a refused request. It does not decide on that request itself.
"""
