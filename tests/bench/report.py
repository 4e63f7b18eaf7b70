"""The figures as text for people."""


def lines(found):
    """Yield the report, line by line, of what was measured."""
    machine = found["machine"]
    yield (
        f"{machine['cores']} cores of {machine['processor']}, {machine['memory_gib']} GiB, Linux "
        f"{machine['kernel']}, Python {machine['python']}, load {machine['load_at_start']} at the start"
    )
    writers = {
        "mix": lambda part: _comparison({"standard mix": part}),
        "whole": lambda part: _comparison({"mix, JPEG 2000 in full": part}),
        "syntaxes": _comparison,
        "small": lambda part: _comparison({"PNG of 224 pixels": part}),
        "latency": _latency,
        "waiting": _waiting,
        "cores": _cores,
        "start": _start,
        "peer": _peer,
        "same": _same,
    }
    for name, write in writers.items():
        if name in found:
            yield ""
            yield from write(found[name])


def _comparison(parts):
    yield (
        "| files | naive /s | inboxray /s | limit /s | b/a | b/c | CPU | ms CPU a file (a, b, c) | peak MB | "
        "b/inference | load |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for name, part in parts.items():
        naive, ratio = part.get("naive_files_per_s"), part.get("ratio_naive")
        yield (
            f"| {name} ({part['files']}) | {_number(naive)} | {part['inboxray_files_per_s']:.1f} | "
            f"{part['limit_files_per_s']:.1f} | {_number(ratio)} | {part['ratio_limit']:.2f} | "
            f"{part['processor_share']:.0%} | {_processor(part['processor_ms'])} | {part['peak_mb']:.0f} | "
            f"{part['ratio_inference']:.2f} | {' '.join(map(str, part['load']))} |"
        )
    yield from _beside_base({name: part for name, part in parts.items() if "ratio_base" in part})
    for name, part in parts.items():
        stages = ", ".join(f"{stage} {spent:.1f}" for stage, spent in part["stages_ms"].items())
        yield (
            f"{name}: ms a file: {stages}; the limit's parts on all cores: decode "
            f"{part['limit_decode_ms']:.1f}, network {part['limit_infer_ms']:.1f}"
        )
        if part.get("naive_failures"):
            yield f"{name}: the naive daemon could not read {part['naive_failures']}"
        if set(part.get("outcomes", {"classified": 0})) != {"classified"}:
            yield f"{name}: NOT ALL CLASSIFIED: {part['outcomes']}"


def _beside_base(parts):
    if not parts:
        return
    yield ""
    yield "| files | earlier revision /s | this one /s | ratio (range) | CPU ratio | peak MB, earlier, this |"
    yield "|---|---|---|---|---|---|"
    for name, part in parts.items():
        low, high = part["ratio_base_range"]
        yield (
            f"| {name} | {part['base_files_per_s']:.1f} | {part['inboxray_files_per_s']:.1f} | "
            f"{part['ratio_base']:.2f} ({low:.2f} to {high:.2f}) | {part['ratio_base_processor']:.2f} | "
            f"{part['base_peak_mb']:.0f}, {part['peak_mb']:.0f} |"
        )
    yield ""


def _number(value):
    return "" if value is None else f"{value:.1f}"


def _processor(spent):
    return ", ".join(f"{spent[who]:.1f}" for who in ("naive", "inboxray", "limit") if who in spent)


def _latency(part):
    yield (
        f"single drops: p50 {part['p50_ms']:.0f} ms, p99 {part['p99_ms']:.0f} ms, worst "
        f"{part['worst_ms']:.0f} ms of {part['drops']} (load {part['load'][0]:.1f} to {part['load'][1]:.1f})"
    )
    yield "by kind, median ms: " + ", ".join(f"{kind} {ms:.0f}" for kind, ms in part["by_kind_ms"].items())
    if base := part.get("base"):
        yield f"the earlier revision, in turn: p50 {base['p50_ms']:.0f} ms, p99 {base['p99_ms']:.0f} ms"
        yield "by kind, median ms: " + ", ".join(
            f"{kind} {ms:.0f}" for kind, ms in base["by_kind_ms"].items()
        )


def _start(part):
    yield f"start to first row: {part['first_row_s']:.2f} s (load {part['load']:.1f})"
    if "base_first_row_s" in part:
        yield f"the earlier revision, in turn: {part['base_first_row_s']:.2f} s"


def _waiting(part):
    yield "| waiting | files/s | peak MB | load |"
    yield "|---|---|---|---|"
    for number, figures in part.items():
        yield f"| {number} | {figures['files_per_s']} | {figures['peak_mb']} | {figures['load']} |"


def _cores(part):
    yield "| cores | files/s |"
    yield "|---|---|"
    for number, rate in part["files_per_s"].items():
        yield f"| {number} | {rate:.1f} |"


def _peer(part):
    if "missing" in part:
        yield f"Orthanc: NOT MEASURED: {part['missing']}"
        return
    yield f"| DICOM of the mix ({part['files']}) | files/s | ms CPU a file | peak MB | drop p50, p99 ms |"
    yield "|---|---|---|---|---|"
    for who, figures in part["contenders"].items():
        drops = figures["drops"]
        yield (
            f"| {who} | {figures['files_per_s']:.1f} | {figures['processor_ms']:.1f} | "
            f"{figures['peak_mb']:.0f} | {drops['p50_ms']:.0f}, {drops['p99_ms']:.0f} |"
        )
    for pair, times in part["times"].items():
        low, high = times["range"]
        yield f"{pair}: {times['median']:.2f} ({low:.2f} to {high:.2f}) times the files/s"
    yield f"load {' '.join(map(str, part['load']))}"
    for who, figures in part["contenders"].items():
        if set(figures["outcomes"]) != {"classified"}:
            yield f"{who}: NOT ALL CLASSIFIED: {figures['outcomes']}"


def _same(part):
    yield (
        f"probabilities against the reference path: largest difference {part['largest']:.5f}, median "
        f"{part['median']:.6f}, of {part['compared']} files ({part['beyond_reference']} beyond the reference)"
    )
