"""JSON for machines: the platform's own interface."""
