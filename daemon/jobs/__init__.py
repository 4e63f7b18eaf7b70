"""What runs by the calendar: exports, backups, retention."""
