"""`python -m daemon` is `inboxray`.

Decoding children import this module again (multiprocessing does), so it imports nothing before it is asked.
"""

if __name__ == "__main__":
    from daemon.cli import main

    main()
