"""Dead links: found in the background, politely."""
