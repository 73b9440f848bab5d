"""All that is stored of a person: to take along, or to have deleted."""
