"""`inboxray` whose loop hangs for ever once a file FREEZE stands in its spool; other threads go on.

It says so by a file FROZEN beside it.
"""

if __name__ == "__main__":
    import threading

    from daemon.cli import main
    from daemon.service.loop import Loop

    whole_pass = Loop._pass

    def freezing_pass(loop):
        root = loop._stages.spool.root
        if (root / "FREEZE").exists():
            (root / "FROZEN").touch()
            threading.Event().wait()
        whole_pass(loop)

    Loop._pass = freezing_pass
    main()
