"""How the daemon shows that it is alive: health, metrics, the status file, systemd."""
