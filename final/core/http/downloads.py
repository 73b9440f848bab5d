"""Files that people take along."""

import re

# A spreadsheet takes a cell that begins like this for a formula; an apostrophe keeps it from that.
# One that has apostrophes there already gets another, so that reading may take one off again.
FORMULA = re.compile(r"'*[=+\-@\t\r]")


def attachment(name: str) -> dict[str, str]:
    """Return the header by which a browser keeps what comes, under this name."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def harmless_cells(*values: str) -> list[str]:
    """Return the cells of a row, none of which a spreadsheet would run."""
    return [f"'{value}" if FORMULA.match(value) else value for value in values]
