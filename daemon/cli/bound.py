"""``python -m daemon.cli.bound PID ARGUMENT...`` is `inboxray` that ends with the process PID, its parent.

A soak that is killed cleans nothing up: its daemon would go on for ever. As `daemon.__main__` is, it is
imported again by decoding children, so it imports nothing before it is asked.
"""

if __name__ == "__main__":
    import os
    import sys

    from daemon.cli import main
    from daemon.decoding.child_setup import end_with_parent

    end_with_parent()
    if os.getppid() != int(sys.argv.pop(1)):
        sys.exit(1)  # it was gone before we asked
    main()
