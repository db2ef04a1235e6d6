"""What each rule is worth: the same load with all rules kept, and with one switched off."""

from dataclasses import dataclass, replace

from queue_rules.burst.forecast import Forecast, Range, forecast
from queue_rules.burst.settings import Load, Settings

SOUND = Settings(
    visibility_timeout=180,
    timeout=30,
    batch_size=10,
    maximum_concurrency=5,
    reserved_concurrency=5,
    max_receive_count=5,
    reports_failures=True,
)
BURST = Load(messages=5_000, seconds_per_message=2.5)
POISONED = replace(BURST, poison=0.01)
FEW = Load(messages=40, seconds_per_message=2.5)
TEN_MINUTES = replace(FEW, starved_seconds=600)
HALF_AN_HOUR = replace(FEW, starved_seconds=1_800)


@dataclass(frozen=True, kw_only=True, slots=True)
class Experiment:
    """One rule switched off.

    Attributes:
        rule: The rule, with what it says.
        off: What is set instead.
        happens: The load, in words.
        settings: Settings without the rule.
        load: What happens then.
        load_with_rule: What happens when the rule is kept; a reservation prevents starvation.
    """

    rule: str
    off: str
    happens: str
    settings: Settings
    load: Load
    load_with_rule: Load


EXPERIMENTS = (
    Experiment(
        rule="R3 MaximumConcurrency within the reservation",
        off="not set",
        happens="5,000 messages at once",
        settings=replace(SOUND, maximum_concurrency=None),
        load=BURST,
        load_with_rule=BURST,
    ),
    Experiment(
        rule="R1 visibility timeout of 6 function timeouts",
        off="30 s, one timeout",
        happens="40 messages, ten minutes without concurrency",
        settings=replace(SOUND, visibility_timeout=30),
        load=TEN_MINUTES,
        load_with_rule=TEN_MINUTES,
    ),
    Experiment(
        rule="R2 five receives",
        off="three",
        happens="40 messages, ten minutes without concurrency",
        settings=replace(SOUND, max_receive_count=3),
        load=TEN_MINUTES,
        load_with_rule=TEN_MINUTES,
    ),
    Experiment(
        rule="R4 reserved concurrency",
        off="none: other functions use up the account's",
        happens="40 messages, half an hour of that",
        settings=replace(SOUND, reserved_concurrency=None),
        load=HALF_AN_HOUR,
        load_with_rule=FEW,
    ),
    Experiment(
        rule="R8 ReportBatchItemFailures",
        off="off",
        happens="5,000 messages, of which the function rejects 50",
        settings=replace(SOUND, reports_failures=False),
        load=POISONED,
        load_with_rule=POISONED,
    ),
    Experiment(
        rule="R9 a full batch fits the function's timeout",
        off="20 s for a batch of 25 s",
        happens="5,000 messages at once",
        settings=replace(SOUND, timeout=20),
        load=BURST,
        load_with_rule=BURST,
    ),
    Experiment(
        rule="R11 the queue keeps messages long enough",
        off="30 minutes for a burst of 42",
        happens="5,000 messages at once",
        settings=replace(SOUND, retention=1_800),
        load=BURST,
        load_with_rule=BURST,
    ),
)


def table() -> str:
    """Return the experiments as a table in Markdown."""
    lines = [
        "| rule | switched off | what happens | lost with it | lost without it |",
        "|---|---|---|---|---|",
    ]
    for each in EXPERIMENTS:
        kept = share_lost(forecast(SOUND, each.load_with_rule))
        broken = share_lost(forecast(each.settings, each.load))
        lines.append(f"| {each.rule} | {each.off} | {each.happens} | {kept} | {broken} |")
    return "\n".join(lines) + "\n"


def share_lost(answer: Forecast) -> str:
    """Return the share of valid messages that were not processed."""
    valid = answer.load.messages - answer.load.poison_messages
    lost = answer.range_of(lambda outcome: outcome.lost + outcome.expired)
    shares = Range(100 * lost.low / valid, 100 * lost.high / valid)
    low, high = f"{shares.low:.0f}", f"{shares.high:.0f}"
    return f"{low} %" if low == high else f"{low} to {high} %"
