"""What may be in texts: how bytes become one, and how one is found."""
