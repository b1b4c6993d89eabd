"""Where data come from and where they go: from source columns to services, open data and who uses them (S12, S19)."""
