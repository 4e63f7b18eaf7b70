import pytest

from model.lab.training.card.first_paragraph import first_paragraph

FIGURE = {"value": 0.75, "low": 0.5, "high": 1.0}
FIGURES = dict.fromkeys(("within_auroc", "auroc", "balanced_accuracy"), FIGURE)
EVALUATION = {
    "groups": [{"by": "all", "name": "all", "figures": FIGURES}],
    "within": ["clinic", "web"],
}


def shortcut(low):
    figure = {"second": 0.625, "difference": {"value": 0.125, "low": low, "high": 0.5}}
    return {"figures": {"within_auroc": figure, "auroc": figure}}


def test_it_begins_with_the_figure_within_provenance_and_where_it_holds():
    text = first_paragraph(EVALUATION, {})

    assert text.startswith("**Of a picture with a fracture")
    assert "0.750 (0.500 to 1.000) of the pairs" in text
    assert "provenance: clinic, web;" in text
    assert "none has enough" in first_paragraph(EVALUATION | {"within": []}, {})


def test_pictures_without_hardware_have_a_line_of_their_own_where_they_are_known():
    group = {"by": "hardware", "name": "none", "sources": 30, "fractured": 10, "figures": FIGURES}

    text = first_paragraph(EVALUATION | {"groups": [*EVALUATION["groups"], group]}, {})

    assert "no nails or plates are seen (10 fractured, 20 not) the\nAUROC is 0.750 (0.500 to 1.000)." in text
    assert "nails" not in first_paragraph(EVALUATION, {})


def test_without_a_test_of_shortcuts_it_says_so():
    assert "No test of shortcuts was made" in first_paragraph(EVALUATION, {})


@pytest.mark.parametrize("low", [0.0, -0.1, None])
def test_a_lead_that_is_not_shown_to_lie_above_0_proves_nothing_of_bone(low):
    text = first_paragraph(EVALUATION, {"the style": shortcut(0.2), "no centre": shortcut(low)})

    assert "A classifier that sees the style reaches 0.625" in text
    assert "lead over what sees no centre is not shown to lie above 0" in text
    assert "that the network looks at bone is not proved" in text


def test_leads_above_0_are_said_to_be():
    found = {name: shortcut(0.01) for name in ("the style", "the region", "no centre", "16 x 16 pixels")}
    assert "Each lead is shown to lie above 0." in first_paragraph(EVALUATION, found)


def test_leads_that_were_not_measured_are_not_said_to_be_above_0():
    """Break it: say of one of four that each is."""
    text = first_paragraph(EVALUATION, {"the style": shortcut(0.01)})
    assert "Each lead that was measured is shown to lie above 0; leads over the region alone" in text
