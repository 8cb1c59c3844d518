"""What a reader must know before believing the figures, a sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.compare.answer import SIGNIFICANCE, runs_needed
from harness.compare.comparison import ArmsComparison
from harness.compare.figures import METRICS
from harness.compare.measured import Measured
from harness.compare.settings import PAIR
from harness.compare.text import number_p
from harness.evidence.names import Phase
from harness.judge.model import Verdict
from harness.judge.words import counted, listed
from harness.report.text import at_most_percent, at_most_seconds, milliseconds
from harness.statistics.few_runs import share_upper

_BASELINE = (Phase.BASELINE, "p50")
_BASELINE_RATIO_MAX = 1.5
"""Between the medians of two arms' baselines; the same that the question of impact takes for a change that
matters. Baselines of one idle machine agree to a few percent."""
_SAME = {
    "the seed": ("seed",),
    "the release pair": PAIR,
    "the load": ("load.", "probes"),
    "the size of the machine": ("host.cores",),
}
"""What arms share, and how the keys begin of which that is not true where they are compared by them."""
_WENT_WRONG = ("procedure", "integrity", "continuity")
"""Questions whose failure makes a run another than it was to be. Availability is what is compared."""


def notes(comparison: ArmsComparison) -> tuple[str, ...]:
    """Limits of this comparison, those that its own runs set first."""
    return (
        *_power(comparison),
        *_unseen(comparison),
        *_baseline(comparison),
        *_runs(comparison),
        *_always(comparison.arms.by),
    )


def _power(comparison: ArmsComparison) -> Iterator[str]:
    arms = comparison.arms.arms
    for number, arm in enumerate(arms[1:], start=1):
        least = comparison.smallest_p(number)
        sizes = f"{len(arm.runs)} + {len(arms[0].runs)} runs ({arm.name} and {arms[0].name})"
        if least is None:
            yield (
                f"With {sizes} there is no test: an arm of one run has no spread. "
                f"{runs_needed(len(arms))} runs of each arm are needed."
            )
            continue
        corrected = f", corrected for {len(arms) - 1} comparisons" if len(arms) > 2 else ""
        yield (
            f"With {sizes} the permutation test can not go below p = {number_p(least)}{corrected}, however "
            f"different the arms are. Here p = {number_p(SIGNIFICANCE)} or less is called a difference."
        )


def _unseen(comparison: ArmsComparison) -> Iterator[str]:
    for arm in comparison.arms.arms:
        hit = sum(run.figures.failed > 0 for run in arm.runs)
        share = at_most_percent(share_upper(hit, len(arm.runs)))
        had = counted(len(arm.runs), f"{arm.name} run")
        if hit < len(arm.runs):
            yield (
                f"{hit} of {had} had a failed request: with 95 % confidence, up to {share} of all such runs "
                "may have one (Clopper and Pearson)."
            )
    unseen_s = [
        run.judgement.minimum_detectable_outage_s
        for arm in comparison.arms.arms
        for run in arm.runs
        if run.judgement.minimum_detectable_outage_s is not None
    ]
    if unseen_s:
        yield (
            f"Failures of one operation for less than {at_most_seconds(max(unseen_s))} may have gone unseen "
            "in any run, and a disruption may have been shorter than told by one interval of the probes at "
            "each edge."
        )


def _baseline(comparison: ArmsComparison) -> Iterator[str]:
    """The baseline is each arm's own control: nothing has been done to either by then."""
    told = next((each for each in comparison.latency if (each.phase, each.percentile) == _BASELINE), None)
    if told is None or told.summaries[0] is None:
        return
    first = comparison.arms.arms[0]
    for arm, summary in zip(comparison.arms.arms[1:], told.summaries[1:], strict=True):
        if summary is None:
            continue
        means_ms = (summary.mean, told.summaries[0].mean)
        if max(means_ms) > _BASELINE_RATIO_MAX * min(means_ms):
            yield (
                f"The baselines are not alike: the median answer took {milliseconds(means_ms[0])} ms in "
                f"{arm.name} and {milliseconds(means_ms[1])} ms in {first.name}, before anything was "
                "upgraded. Unless it is the setting that does this, the machine was not the same, and no "
                "figure of this page can be laid to the arms alone."
            )


def _runs(comparison: ArmsComparison) -> Iterator[str]:
    runs = [run for arm in comparison.arms.arms for run in arm.runs]
    for key, what in (
        ("software", "versions of software"),
        ("kernel", "kernels"),
        ("memory_bytes", "memory"),
    ):
        values = {str(run.judgement.manifest.host.get(key)) for run in runs}
        if len(values) > 1:
            yield f"The runs were made with different {what}, which may be what is seen."
    if not _alternate(comparison):
        yield (
            "The arms were not run in turn: what changed on the machine between the first runs and the last "
            "may be what is seen. `harness compare --arms` takes turns."
        )
    for run in runs:
        yield from _of_run(run)


def _alternate(comparison: ArmsComparison) -> bool:
    """Whether no arm was begun again before every other had its turn, as far as each has runs."""
    order = sorted(
        (run.judgement.manifest.clock.wall_ns, number)
        for number, arm in enumerate(comparison.arms.arms)
        for run in arm.runs
    )
    turns: dict[int, int] = {}
    rounds = []
    for _, number in order:
        turns[number] = turns.get(number, 0) + 1
        rounds.append(turns[number])
    return rounds == sorted(rounds)


def _of_run(run: Measured) -> Iterator[str]:
    questions = run.judgement.questions
    wrong = [q.name for q in questions if q.verdict is Verdict.FAIL and q.name in _WENT_WRONG]
    if wrong:
        yield f"{run.name}: {listed(wrong)} failed; look at its own report before you count on its figures."
    if run.judgement.manifest.stored.faults:
        yield f"{run.name}: faults were injected on purpose; what they broke is in its figures."
    if run.stored is not None and run.stored != run.judgement.verdict:
        yield (
            f"{run.name}: its folder says {run.stored}, and judged now it is {run.judgement.verdict}: it was "
            "judged by another version, or under other bounds. All runs here were judged anew, alike."
        )


def _always(by: Sequence[str]) -> Iterator[str]:
    yield (
        "Intervals take runs as draws from a normal distribution, which nobody can check with so few; they "
        "say how uncertain a mean is, and are missing where all runs came out alike or there is only one."
    )
    yield (
        f"The {len(METRICS) - 1} figures that do not decide are there to be read, and are not tested: of "
        "twenty intervals about one misses by chance, so a difference in one of them answers nothing."
    )
    same = [what for what, keys in _SAME.items() if not any(key.startswith(keys) for key in by)]
    yield f"All runs have {listed(same)} in common: with another the answer may be another."
