from collections import Counter
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from model.lab.dataset.examples import Example
from model.lab.dataset.split import split_by_patient

PARTS = ("train", "val", "test")


def example(number, patient, label=0, provenance="a"):
    return Example(Path(f"{number}.png"), f"{number:064x}", label, f"s{number}", f"p{patient}", provenance)


def many():
    examples = [example(n, n, int(n % 4 == 0), "web") for n in range(200)]
    return examples + [example(n, 900 + n // 3, n // 3 % 2, "clinic") for n in range(300, 420)]


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 1), st.sampled_from("abc")), max_size=60),
    st.integers(0, 9),
)
def test_no_patient_is_in_two_parts_and_nothing_is_lost(rows, seed):
    examples = [example(n, *row) for n, row in enumerate(rows)]

    split = split_by_patient(examples, seed)

    patients = [{e.patient for e in getattr(split, part)} for part in PARTS]
    assert sum(map(len, patients)) == len(set().union(*patients))
    assert sorted(e.sha256 for e in examples) == sorted(
        e.sha256 for part in PARTS for e in getattr(split, part)
    )


def test_each_part_has_its_share_of_each_provenance_and_label():
    examples = many()
    whole = Counter((e.provenance, e.label) for e in examples)

    split = split_by_patient(examples, seed=3)

    for part, share in zip(PARTS, (0.55, 0.20, 0.25), strict=True):
        found = Counter((e.provenance, e.label) for e in getattr(split, part))
        for cell, count in whole.items():
            assert abs(found[cell] - share * count) <= 4, (part, cell)


def test_the_order_of_the_files_is_no_matter_and_the_seed_is():
    examples = many()

    assert split_by_patient(examples, 1) == split_by_patient(examples[::-1], 1)
    assert split_by_patient(examples, 1) != split_by_patient(examples, 2)


def test_large_patients_go_to_training():
    examples = many()

    split = split_by_patient(examples, seed=0)

    sizes = [Counter(Counter(e.patient for e in getattr(split, part)).values()) for part in PARTS]
    assert sizes[0][3] > sizes[1][3] + sizes[2][3]


def test_copies_do_not_count_as_sources():
    examples = many()
    copied = Example(Path("c.png"), "c" * 64, examples[0].label, "s0", "p0", "web")

    split = split_by_patient(
        [*examples, *(replace(copied, sha256=f"{n:064x}") for n in range(5000, 5200))], 0
    )

    assert split_by_patient(examples, 0).test == tuple(e for e in split.test if e.sha256 < f"{5000:064x}")
