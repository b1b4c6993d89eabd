"""Master data (dữ liệu chủ): people, enterprises, places and agencies as one thing each, out of several tables (S9.4).

Serves the officers who own the tables: which records of which tables are one thing, by exact rules, by a probabilistic
model and by officers' own decisions, each told with its evidence; a code for each thing that stays; and its record from
the trusted source of each attribute. It changes no table of the warehouse and gives nothing out; records of another
agency's people come into a set only when that agency's officers make it.
"""
