from model.regions import REGIONS, region_of


def test_regions_as_manifests_name_them():
    names = ["hand", "leg+hip", "skull", None]

    assert [region_of(name, -1) for name in names] == [
        REGIONS.index("hand"),
        REGIONS.index("several"),
        REGIONS.index("other"),
        -1,
    ]
