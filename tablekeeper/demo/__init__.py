"""A morning at the office on emulated services: plain clients play the staff, and the daemon runs beside them as it really is."""
