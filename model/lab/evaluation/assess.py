"""From predictions to figures: pooled and by group, for one seed of a training or for several."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.decisions.decision import CLASSES
from model.lab.dataset.examples import DatasetError
from model.lab.evaluation.assessment import Assessment, Group, Mistake, summarise
from model.lab.evaluation.bootstrap import draw_votes
from model.lab.evaluation.figures import (
    Rule,
    any_view_draws,
    figure_draws,
    predictive_draws,
    usual_within,
)
from model.lab.evaluation.picture_facts import PictureFacts, in_reading_order
from model.lab.evaluation.scored import Scored
from model.lab.evaluation.sources import DECISIONS, Sources, mean_votes, most_common, one_file_votes
from model.lab.statistics.calibration import perfect_calibration_errors

Floats = NDArray[np.float64]

PREVALENCES = (0.02, 0.05, 0.10, 0.20, 0.30)
VIEWS = (1, 2, 4)
MISTAKES = 24


def assess(
    tables: Mapping[int, Scored],
    *,
    prevalence: float = 0.5,
    within: Sequence[str] | None = None,
    facts: Mapping[str, PictureFacts] | None = None,
    draws: int = 2000,
    seed: int = 0,
) -> Assessment:
    """Work out what predictions are worth.

    Parameters
    ----------
    tables : mapping of int to Scored
        By seed of the training; the same pictures each. Of patients that training, calibration and
        thresholds never used.
    prevalence : float
        Share of `fractured` that the scores assume.
    within : sequence of str, optional
        Provenances for the AUROC within provenance; else those of `usual_within`.
    facts : mapping, optional
        Region, size and hardware by sha256.
    draws, seed : int
        Of the bootstrap, of the simulations, and of the files drawn.

    Returns
    -------
    Assessment

    Raises
    ------
    DatasetError
        The tables hold different pictures, a source has both labels, or a named provenance is not there.
    """
    ordered = in_one_order(list(tables.values()))
    mean = [mean_votes(table) for table in ordered]
    single = [one_file_votes(table, seed) for table in ordered]
    rule = Rule(prevalence, _within(mean[0], within))
    votes = draw_votes(mean[0], draws, seed)
    facts = facts or {}
    pooled = [figure_draws(sources, votes, rule) for sources in mean]
    everything = _group("all", "all", mean[0], pooled)
    groups = [
        _group(by, name, mean[0].take(kept), _drawn(mean, kept, votes, rule))
        for by, name, kept in _members(ordered[0], mean[0], facts)
    ]
    alone = [figure_draws(sources, votes, rule) for sources in single]
    return Assessment(
        seeds=tuple(tables),
        draws=draws,
        prevalence=prevalence,
        within=rule.within,
        groups=(everything, *groups),
        one_file={name: summarise([found[name] for found in alone]) for name in alone[0]},
        perfect_ece=_perfect(mean, prevalence, draws, seed),
        decisions=_decisions(mean),
        predictive=_predictive(pooled),
        views=_views(pooled, alone),
        mistakes=_mistakes(ordered, mean, facts),
    )


def in_one_order(tables: Sequence[Scored]) -> list[Scored]:
    """Bring tables of the same pictures into one order, that of sha256.

    Parameters
    ----------
    tables : sequence of Scored

    Returns
    -------
    list of Scored

    Raises
    ------
    DatasetError
        They hold different pictures, or one twice.
    """
    ordered = [
        table.take(sorted(range(len(table.examples)), key=lambda row: table.examples[row].sha256))
        for table in tables
    ]
    hashes = [[example.sha256 for example in table.examples] for table in ordered]
    if any(len(set(one)) != len(one) or one != hashes[0] for one in hashes):
        raise DatasetError(
            "the predictions are of different pictures, so their figures cannot stand side by side; "
            "predict the same pictures with each"
        )
    return ordered


def _within(sources: Sources, named: Sequence[str] | None) -> tuple[str, ...]:
    if named is None:
        return usual_within(sources)
    known = sorted(set(sources.provenances))
    missing = sorted(set(named) - set(known))
    if missing:
        raise DatasetError(f"no picture has the provenance {missing[0]}; there are: {', '.join(known)}")
    return tuple(sorted(set(named)))


def _members(
    table: Scored, sources: Sources, facts: Mapping[str, PictureFacts]
) -> list[tuple[str, str, NDArray[np.intp]]]:
    """Return each group's kind, name and sources; a kind with one group says nothing new."""

    def of(source: tuple[int, ...], of_facts: Callable[[PictureFacts], str]) -> str:
        return most_common(of_facts(facts.get(table.examples[row].sha256, PictureFacts())) for row in source)

    kinds = {
        "provenance": np.array(sources.provenances),
        "region": np.array([of(rows, lambda one: one.region) for rows in sources.rows]),
        "size": np.array([of(rows, lambda one: one.size) for rows in sources.rows]),
        "hardware": np.array([of(rows, lambda one: one.hardware) for rows in sources.rows]),
    }
    found = []
    for by, names in kinds.items():
        present = sorted(set(names.tolist()), key=in_reading_order)
        if len(present) > 1:
            found += [(by, name, np.flatnonzero(names == name)) for name in present]
    return found


def _drawn(
    mean: Sequence[Sources], kept: NDArray[np.intp], votes: Floats, rule: Rule
) -> list[dict[str, Floats]]:
    return [figure_draws(sources.take(kept), votes[:, kept], rule) for sources in mean]


def _group(by: str, name: str, sources: Sources, drawn: Sequence[dict[str, Floats]]) -> Group:
    return Group(
        by=by,
        name=name,
        sources=len(sources.names),
        fractured=int((sources.labels > 0.5).sum()),
        patients=len(set(sources.patients)),
        files=sum(map(len, sources.rows)),
        figures={figure: summarise([found[figure] for found in drawn]) for figure in drawn[0]},
    )


def _perfect(mean: Sequence[Sources], prevalence: float, draws: int, seed: int) -> dict[str, float]:
    simulated = [
        perfect_calibration_errors(sources.scores, sources.labels, prevalence, draws, seed)
        for sources in mean
    ]
    if not all(errors.size for errors in simulated):
        return {"median": float("nan"), "p95": float("nan")}
    return {
        "median": float(np.mean([np.percentile(errors, 50) for errors in simulated])),
        "p95": float(np.mean([np.percentile(errors, 95) for errors in simulated])),
    }


def _decisions(mean: Sequence[Sources]) -> dict[str, dict[str, float]]:
    shares = np.mean([sources.shares for sources in mean], axis=0)
    return {
        name: {
            str(decision): float(shares[mean[0].labels == label, column].sum())
            for column, decision in enumerate(DECISIONS)
        }
        for label, name in reversed(list(enumerate(CLASSES)))
    }


def _predictive(pooled: Sequence[dict[str, Floats]]) -> list[dict[str, Any]]:
    per_seed = [predictive_draws(found, PREVALENCES) for found in pooled]
    return [
        {
            "prevalence": share,
            **{name: summarise([found[share][name] for found in per_seed]) for name in per_seed[0][share]},
        }
        for share in PREVALENCES
    ]


def _views(pooled: Sequence[dict[str, Floats]], alone: Sequence[dict[str, Floats]]) -> list[dict[str, Any]]:
    by_decision = [any_view_draws(found["false_alarm"], VIEWS) for found in pooled]
    by_line = [any_view_draws(1.0 - found["specificity"], VIEWS) for found in alone]
    return [
        {
            "views": count,
            "fractured": summarise([found[count] for found in by_decision]),
            "at_line": summarise([found[count] for found in by_line]),
        }
        for count in VIEWS
    ]


def _mistakes(
    tables: Sequence[Scored], mean: Sequence[Sources], facts: Mapping[str, PictureFacts]
) -> tuple[Mistake, ...]:
    scores = np.mean([sources.scores for sources in mean], axis=0)
    far = np.abs(mean[0].labels - scores)
    worst = [int(index) for index in np.argsort(-far, kind="stable")[:MISTAKES] if far[index] > 0.5]
    file_scores = np.mean([table.scores for table in tables], axis=0)
    found = []
    for index in worst:
        label = mean[0].labels[index]
        row = max(mean[0].rows[index], key=lambda row: abs(label - file_scores[row]))
        example = tables[0].examples[row]
        found.append(
            Mistake(
                sha256=example.sha256,
                label=CLASSES[example.label],
                score=float(scores[index]),
                decision=str(tables[0].decisions[row]),
                provenance=example.provenance,
                region=facts.get(example.sha256, PictureFacts()).region,
            )
        )
    return tuple(found)
