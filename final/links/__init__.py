"""LinkHub and the shortener: a saved link is a short link."""
