"""A link shortener: short URLs, titles, QR codes, and thousands of links over a WebSocket."""
