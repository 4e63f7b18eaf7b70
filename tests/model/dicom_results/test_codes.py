import pytest

from model.decisions.decision import Decision
from model.dicom_results import codes
from model.regions import REGIONS

pytest.importorskip("highdicom", reason="highdicom is not installed")

TRIPLES = [
    *(codes.FRACTURE, codes.PROBABILITY, codes.DECISION, codes.EVIDENCE, codes.PER_CENT, codes.COMMENT),
    *(codes.RADIOGRAPHY, codes.SOURCE_OF_PROCESSING),
    *(*codes.DECISIONS.values(), *codes.PRESENCE.values(), *codes.SITES.values(), *codes.SIDES.values()),
]


@pytest.mark.parametrize("triple", TRIPLES, ids=[triple[0] for triple in TRIPLES])
def test_each_is_a_code_that_fits_its_elements(triple):
    made = codes.concept(triple)
    assert (made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning) == triple
    assert len(triple[0]) <= 16
    assert len(triple[2]) <= 64


def test_those_of_the_standard_are_in_its_lists():
    from pydicom.sr._concepts_dict import concepts

    for value, scheme, meaning in TRIPLES:
        if scheme in ("SCT", "DCM", "UCUM") and (value, scheme) not in (codes.FRACTURE[:2], ("%", "UCUM")):
            known = {code: text for names in concepts[scheme].values() for code, (text, _) in names.items()}
            assert value in known, meaning


def test_every_decision_has_its_words_and_regions_are_ours():
    assert set(codes.DECISIONS) == set(codes.PRESENCE) == set(Decision)
    assert set(codes.SITES) < set(REGIONS)


def test_our_own_scheme_says_what_it_is():
    (scheme,) = codes.own_scheme()
    assert (scheme.CodingSchemeDesignator, scheme.CodingSchemeName) == (codes.SCHEME, codes.SCHEME_NAME)
