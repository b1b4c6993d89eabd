"""Clocks in working days over an editable calendar; law and local terms kept apart (D35, D25, D43, D49)."""
