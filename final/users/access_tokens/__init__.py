"""Personal access tokens: for scripts and browser extensions."""
