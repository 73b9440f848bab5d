"""BookTracker: a catalogue for everyone, and a shelf of one's own."""
