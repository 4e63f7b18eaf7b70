"""`inboxray` whose loop hangs for ever once a file FREEZE stands in its spool; other threads go on."""

if __name__ == "__main__":
    import threading

    from daemon.cli import main
    from daemon.service.loop import Loop

    whole_pass = Loop._pass

    def freezing_pass(loop):
        if (loop._stages.spool.root / "FREEZE").exists():
            threading.Event().wait()
        whole_pass(loop)

    Loop._pass = freezing_pass
    main()
