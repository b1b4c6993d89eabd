"""Applications and default connection requests (SM1), from the draft to the account or the refusal (S9.3, D33-D35)."""
