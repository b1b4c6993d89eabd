"""Test credentials: an application's key to the sandbox, got at once by its agency, without a request."""
