"""What runs on a schedule: reminders, digests, mail."""
