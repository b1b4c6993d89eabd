"""Kernel: plain Python on which every room stands: errors, actors, clock, machines, working days, text, codes.

No Django and no input or output here: everything is a value or a pure function.
"""
