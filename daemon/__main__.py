"""`python -m daemon` is `inboxray`."""

from daemon.cli import main

if __name__ == "__main__":
    main()
