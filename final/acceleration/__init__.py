"""What exists only for speed; `ACCELERATION=off` runs the app without it."""
