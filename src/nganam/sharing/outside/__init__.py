"""Sharing beyond the province, both ways, and the register of outside services (SM3; S9.3, S14.4, S17, D31, D46)."""
