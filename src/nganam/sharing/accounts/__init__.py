"""Connection accounts (SM10): opened by a grant, handed over, locked, restored, revoked, archived (S9.7, D40-D44)."""
