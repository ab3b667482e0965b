"""Google Sheets v4, Drive v3 and the OAuth token endpoint, as plain functions from request to response."""
