"""Airtable's Web API: records, schema, comments and webhooks as a plain function from request to response."""
