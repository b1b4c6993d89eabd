"""Public pages, no sign-in: home, search, dataset, service, agency pages (S10, S13, S17)."""
