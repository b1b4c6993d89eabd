"""Delegation: an owner leaves the issuing of accounts to the operator of the LGSP (D40.2), recorded with its paper."""
