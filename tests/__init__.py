"""One suite a level; each suite holds for its own level and for every later one."""
