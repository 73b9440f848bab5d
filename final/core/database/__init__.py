"""The engine, transactions, and what the two databases do differently."""
