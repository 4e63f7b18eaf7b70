"""What small pictures cost the child that makes them, and the daemon: processor time, in one interleaved run.

``python -m tests.measure.previews 9`` prints, for each kind of file, what a child needs without them and for
them (the least and the median of so many rounds), their share, and their bytes; then the ways of making them
that were tried. ``python -m tests.measure.previews 5 --daemon 48`` drops so many files of the standard mix
into two daemons, in turn, one of which keeps none.
"""

import io
import os
import platform
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
from PIL import Image

from daemon.decoding.decode import decode_file
from daemon.spool.preview_files import PREVIEW_FRAMES
from model.pictures.small import PREVIEW_SIDE, QUALITY, THUMBNAIL_SIDE, encode_jpeg, shrink, small_pictures
from model.reading.preload import keep_memory, preload, use_one_thread
from model.reading.prepare import open_pictures
from tests.bench.contenders import Inboxray
from tests.bench.mix import STANDARD, Supply, one_file, radiograph, with_comment
from tests.bench.mix import small_pictures as small_pngs
from tests.support.dicom_files import encapsulated, native
from tests.support.limits import LIMITS

TWELVE = {"BitsStored": 12, "HighBit": 11, "WindowCenter": 1600, "WindowWidth": 3200}
CR_SIZE = (2140, 1760)
DX_SIZE = (1400, 1120)
LARGE_SIZE = (4280, 3520)


def say(line):
    """Write a line for who started it."""
    sys.stdout.write(f"{line}\n")


def kinds():
    """Give files by name: bytes each."""
    made = {kind: one_file(kind, 1)[1] for kind in dict.fromkeys(STANDARD)}
    cr, large = radiograph(1, *CR_SIZE), radiograph(1, *LARGE_SIZE)
    lossless = "1.2.840.10008.1.2.4.70"
    return {
        "DX, native, 3 MB": native(radiograph(2, *DX_SIZE), **TWELVE),
        "CR, JPEG Lossless": encapsulated(
            cr, [imagecodecs.ljpeg_encode(cr, bitspersample=12)], lossless, **TWELVE
        ),
        "CR, native, 30 MB": native(large, **TWELVE),
        **{f"2500 x 2048, {kind}": data for kind, data in made.items()},
        "PNG of 224": with_comment(small_pngs(1)[0], 1),
    }


def processor_ms(work):
    """Give the processor time of a call, milliseconds, and what it gave."""
    started = time.process_time()
    found = work()
    return 1000 * (time.process_time() - started), found


def in_child(rounds):
    """Print what children need, kind by kind."""
    without, with_them = LIMITS, replace(LIMITS, preview_frames=PREVIEW_FRAMES)
    say("| file | MB | child ms, least (median) | small pictures ms | share % | kB |")
    say("|---|---|---|---|---|---|")
    sums = dict.fromkeys(("child", "previews"), 0.0)
    for name, data in kinds().items():
        taken = {"child": [], "previews": []}
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.flush()
            for _ in range(rounds + 1):
                os.lseek(file.fileno(), 0, os.SEEK_SET)
                plain, _ = processor_ms(lambda: decode_file(file.fileno(), without))
                os.lseek(file.fileno(), 0, os.SEEK_SET)
                _, answer = processor_ms(lambda: decode_file(file.fileno(), with_them))
                picture = next(iter(open_pictures(data)))
                taken["child"].append(plain)
                taken["previews"].append(processor_ms(lambda: small_pictures(picture))[0])  # noqa: B023
        child, previews = (taken[one][1:] for one in taken)
        kind = name.rpartition(", ")[2]
        for one, values in (("child", child), ("previews", previews)):
            sums[one] += STANDARD.count(kind) * min(values)
        size = sum(one.size for one in answer.previews) / 1000
        say(
            f"| {name} | {len(data) / 1e6:.1f} | {min(child):.1f} ({statistics.median(child):.1f}) | "
            f"{min(previews):.2f} ({statistics.median(previews):.2f}) | "
            f"{100 * min(previews) / min(child):.1f} | {size:.0f} |"
        )
    mix = {one: total / len(STANDARD) for one, total in sums.items()}
    say(
        f"| standard mix, mean | | {mix['child']:.1f} | {mix['previews']:.2f} | "
        f"{100 * mix['previews'] / mix['child']:.1f} | |"
    )


def _by_pillow(picture):
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def ways(rounds):
    """Print how long steps take by the ways that there are, for a radiograph of the mix."""
    table = (np.arange(1 << 12) * (65535 / 4095)).astype(np.uint16)
    picture = table[radiograph(1)]
    preview = shrink(picture, PREVIEW_SIDE)
    size = preview.shape[::-1]
    tried = {
        "shrink to the preview": lambda: shrink(picture, PREVIEW_SIDE),
        "the same by an average over areas": lambda: cv2.resize(picture, size, interpolation=cv2.INTER_AREA),
        "shrink to the thumbnail": lambda: shrink(preview, THUMBNAIL_SIDE),
        "JPEG by OpenCV (ours)": lambda: encode_jpeg(preview),
        "JPEG by Pillow": lambda: _by_pillow(preview),
        "JPEG by imagecodecs": lambda: imagecodecs.jpeg8_encode(preview, level=QUALITY),
    }
    taken = {name: [] for name in tried}
    for _ in range(rounds + 1):
        for name, work in tried.items():
            taken[name].append(processor_ms(work)[0])
    say("\n| step | ms, least (median) |\n|---|---|")
    for name, values in taken.items():
        say(f"| {name} | {min(values[1:]):.2f} ({statistics.median(values[1:]):.2f}) |")


def in_daemon(rounds, count):
    """Print the throughput of two daemons, in turn."""
    supply = Supply()
    rates, used = {True: [], False: []}, {True: [], False: []}
    with tempfile.TemporaryDirectory() as folder:
        places = {keeps: Path(folder) / f"previews-{keeps}" for keeps in rates}
        with (
            Inboxray(places[True], previews="true") as keeping,
            Inboxray(places[False], previews="false") as other,
        ):
            for number in range(rounds + 1):
                for keeps, ours in ((True, keeping), (False, other)):
                    run = ours.run(supply.write(Path(folder) / f"files-{number}-{keeps}", STANDARD, count))
                    if number:
                        rates[keeps].append(run.files_per_s)
                        used[keeps].append(1000 * run.processor_s / run.files)
    say(f"\nstandard mix, {count} files, medians of {rounds} rounds in turn:")
    for keeps, found in rates.items():
        word = "with" if keeps else "without"
        say(
            f"  {word} small pictures: {statistics.median(found):.1f} files/s, "
            f"{statistics.median(used[keeps]):.1f} ms of processors a file"
        )


def main(arguments):
    """Measure what is asked for."""
    rounds = int(arguments[0]) if arguments else 9
    say(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}, {rounds} rounds\n")
    if "--daemon" in arguments:
        in_daemon(rounds, int(arguments[arguments.index("--daemon") + 1]))
        return
    preload()
    keep_memory()
    use_one_thread()
    in_child(rounds)
    ways(rounds)


if __name__ == "__main__":
    main(sys.argv[1:])
