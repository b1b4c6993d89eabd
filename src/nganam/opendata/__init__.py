"""Open datasets from warehouse tables: review, publication, files (S10, D17-D21)."""
