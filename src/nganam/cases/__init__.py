"""Applies a transition to a case by compare-and-set; keeps the history of states; draws public codes."""
