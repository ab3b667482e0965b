"""Sensitive values under encryption: tokens, keys, reveal, audit chain. A leaf: knows no table."""
