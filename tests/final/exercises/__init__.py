"""The exercises of the tour: a check for each step, and a solution as a patch against `final`."""
