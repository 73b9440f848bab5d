"""The garbage collector, looking less often at what lives as long as the process anyway.

By default it looks after every seven hundred new objects, a few requests, and now and then through
all that a start has left: hundreds of thousands of objects.
"""

import gc

NEW_OBJECTS = 50_000
DEFAULT = 700


def collect_less_often() -> None:
    """Set aside what there is now, unless somebody has chosen settings of their own."""
    if gc.get_threshold()[0] == DEFAULT:
        gc.collect()
        gc.freeze()
        gc.set_threshold(NEW_OBJECTS, 20, 100)
