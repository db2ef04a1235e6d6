from functools import partial

from chaos.timeline import Timeline


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_actions_are_done_at_their_time_and_may_add_others() -> None:
    clock = Clock()
    timeline = Timeline(clock=lambda: clock.now, sleep=clock.sleep)
    done: list[tuple[str, float]] = []

    def note(name: str) -> None:
        done.append((name, clock.now - 100))

    def long_one() -> None:
        note("long")
        clock.sleep(3)
        timeline.after(2, partial(note, "its end"))

    timeline.at(4, partial(note, "late"))
    timeline.at(1, long_one)
    timeline.at(0, partial(note, "first"))
    timeline.at(0, partial(note, "second"))
    timeline.run()

    assert done == [("first", 0), ("second", 0), ("long", 1), ("late", 4), ("its end", 6)]
