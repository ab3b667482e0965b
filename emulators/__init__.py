"""Airtable, Google Sheets, Drive, OAuth and a mailbox on loopback. Imports nothing of the product."""
