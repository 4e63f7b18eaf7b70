from storage import vocabulary

# Written out: other packages write these words without importing storage's.
DOCUMENTED = {
    "rejected": (
        "no_image dicomdir excluded_modality excluded_body_part excluded_presentation executable_preamble"
    ),
    "failed": (
        "empty_file unknown_format truncated unreadable bad_header bad_pixels too_large deadline "
        "decoder_crashed out_of_memory unsupported_transfer_syntax bad_network_output unrecordable "
        "crashed_daemon"
    ),
}


def test_the_words_are_the_documented_ones():
    assert set(vocabulary.REJECTED_CODES) == set(DOCUMENTED["rejected"].split())
    assert set(vocabulary.FAILED_CODES) == set(DOCUMENTED["failed"].split())
    assert vocabulary.OUTCOMES == ("classified", "rejected", "failed")
    assert vocabulary.DECISIONS == ("fractured", "uncertain", "abstained", "not_fractured")
    assert vocabulary.VERDICTS == ("agree", "disagree", "unsure")
