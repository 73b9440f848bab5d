"""LinkHub: one FastAPI application, one user, several products."""
