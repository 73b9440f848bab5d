"""BookTracker: a catalogue of books, and a shelf for each reader."""
