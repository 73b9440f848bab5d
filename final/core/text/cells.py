"""Cells of tables that spreadsheets open, which take some texts for formulas and run them."""

import re

# Such a cell gets an apostrophe, which keeps it from being run. One that has apostrophes before
# these characters gets another, so that reading may take one off again.
FORMULA = re.compile(r"'*[=+\-@\t\r]")


def harmless_cells(*values: str) -> list[str]:
    """Return the cells of a row, none of which a spreadsheet would run."""
    return [f"'{value}" if FORMULA.match(value) else value for value in values]


def original_cell(cell: str) -> str:
    """Return the value of which `harmless_cells` has made this cell."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell
