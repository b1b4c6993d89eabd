"""Derived tables: their rows come from one SELECT over committed versions of other tables, the model (S12, S9.4).

``parsing`` reads a model and says what each column stems from, ``planning`` in which order models run and which is due,
``running`` computes the rows of a load, ``testing`` judges them; everything after that is a load like any other.
"""
