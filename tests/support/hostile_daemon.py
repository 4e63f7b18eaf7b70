"""`inboxray` with the decoder of `tests.support.hostile`: orders in files are obeyed, in real children."""

if __name__ == "__main__":
    from functools import partial

    from daemon import decoder_pool, pools
    from daemon.cli import main
    from tests.support import hostile

    pools.DecoderPool = partial(decoder_pool.DecoderPool, decode=hostile.decode_file)
    main()
