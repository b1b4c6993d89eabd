"""The shared warehouse: sources, loads, checked and versioned tables, replicas and files (S3.2, S9.4, S12).

Serves the agencies that own data (they declare sources and tables, load, see what was rejected and why) and the rooms
above, which let others use a table as a service or as open data. It never gives data out by itself: machines come
through the LGSP, the public through open data. Nothing of a load is visible before it is
whole, and no load makes two versions.
"""
