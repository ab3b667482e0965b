"""Where the hub keeps when what was last done and checked: mails, 状态 and the daemon's own schedule read it."""

KEPT = "keeping"
"""The days on which the daemon did something by itself."""
CHECKS = "checks"
"""What was found by whoever looked last."""
BACKUP, REVIEW, LEAK_SCAN, LEAKS_FOUND = "backup", "review", "leak_scan", "leaks_found"
