"""Analysis of what the warehouse holds (S19): questions with groups, filters, charts and maps, and SQL for analysts.

For officers: over their agency's tables whole, over others' within an account in use (its fields, its records, no
group so small that it tells of a person). Questions are addresses; saved ones are shared in the agency and pinned to
its board. It changes no data, and gives no rows: those are the warehouse's and the exchange's to give.
"""
