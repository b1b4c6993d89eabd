"""The warehouse's engine: plain functions over paths. No Django here, so each step runs and is tested on its own.

``landing`` keeps a file as received, ``reading`` finds its shape and turns it into rows of text, ``checking`` types the
rows by ``contract`` and names every rejected one, ``lake`` commits versions, ``replica`` and ``files`` serve them.
"""
