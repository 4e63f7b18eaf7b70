from daemon.network.sending.failure import Failure, PeerFailed


def test_it_says_the_step_what_happened_and_what_to_do():
    failed = PeerFailed(Failure("resolve", "the name has no address", "check the spelling"))

    assert str(failed) == "resolve: the name has no address; check the spelling"
    assert failed.failure.step == "resolve"
