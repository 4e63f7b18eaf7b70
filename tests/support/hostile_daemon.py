"""`inboxray` with the decoder of `tests.support.hostile`: orders in files are obeyed, in real children."""

if __name__ == "__main__":
    from functools import partial

    from daemon.cli import main
    from daemon.decoding import from_settings, pool
    from tests.support import hostile

    from_settings.DecoderPool = partial(pool.DecoderPool, decode=hostile.decode_file)
    main()
