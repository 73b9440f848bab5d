"""Accounts by mail: a forgotten password, a verified address, a welcome."""
