"""LinkHub: an API that keeps links."""
