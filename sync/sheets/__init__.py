"""One Google spreadsheet as a replica: a tab per table, read in one call, written cell by cell."""
