"""Legacy workbooks: from an .xlsx file to new rows of the archive, and what would become of them. Writes to no service."""
