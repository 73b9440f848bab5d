"""What may be in texts: how bytes become one, how one is found, which no spreadsheet may run."""
