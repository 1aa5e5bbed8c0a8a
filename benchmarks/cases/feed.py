"""The live feed: many listeners while events are posted at an even pace, and what that does to the posts."""

from __future__ import annotations

import time

from benchmarks.listeners import Broadcast, Heard
from benchmarks.load import request
from benchmarks.measure import Bar, Comparison, by_turns, paired, percentile
from benchmarks.reports import FORCES, LEAD, text
from benchmarks.stage import Stage

OPERATION = "live"
MOST_MILLISECONDS = 1_000.0
# The service looks for new events every half a second.
SECONDS_UNTIL_POLLED = 0.6


def live(stage: Stage) -> list[Comparison]:
    """Post without listeners and with them; every event has to reach each of them."""
    sizes, live = stage.sizes, Live(stage)
    turns = by_turns(sizes, alone=live.alone_turn, heard=live.heard_turn)
    stage.ours.check()
    heard, alone = turns["heard"], turns["alone"]
    # In all rounds together: by the median, one round in which an event was lost would not count.
    reached = [(float(sum(len(one.arrived) for one in heard)), float(sum(one.expected for one in heard)))]
    slowest = [(percentile(one.arrived, 99) * 1_000, MOST_MILLISECONDS) for one in heard]
    posts = paired([_post_milliseconds(one) for one in heard], [_post_milliseconds(one) for one in alone])
    everybody = f"all, {sizes.subscribers} listeners, {sizes.posts_per_second}/s"
    return [
        Comparison(case="feed", what=everybody, unit="events", pairs=reached, bar=Bar(1.0)),
        Comparison(case="feed", what="1 s, p99", unit="ms", pairs=slowest, bar=Bar(1.0, is_most=True)),
        Comparison(case="feed", what="post alone", unit="ms", pairs=posts, bar=Bar(1.25, is_most=True)),
    ]


class Live:
    """An operation to which is posted at an even pace, with listeners and without."""

    def __init__(self, stage: Stage) -> None:
        self.ours = stage.ours
        self.sizes = stage.sizes
        self.has_deserted_feeds = False
        self.ours.open(OPERATION)

    def alone_turn(self) -> Heard:
        """Post while nobody listens; what the last listeners left behind is gone by then."""
        if self.has_deserted_feeds:
            # The server finds at the second event that a listener has gone.
            for _event in range(2):
                self._post(1, 0)
                time.sleep(SECONDS_UNTIL_POLLED)
            self.has_deserted_feeds = False
        return self._post(int(self.sizes.posts_per_second * self.sizes.feed_seconds), 0)

    def heard_turn(self) -> Heard:
        """Post while all the listeners listen."""
        self.has_deserted_feeds = True
        return self._post(int(self.sizes.posts_per_second * self.sizes.feed_seconds), self.sizes.subscribers)

    def _post(self, count: int, listeners: int) -> Heard:
        path, posts = f"/v1/operations/{OPERATION}", []
        for number in range(count):
            force = FORCES[number % len(FORCES)]
            posts.append(request("POST", f"{path}/events", text(force, number), secret=self.ours.secrets[force]))
        listening = request("GET", f"{path}/feed", secret=self.ours.secrets[LEAD])
        broadcast = Broadcast(self.ours.server.port, listening, listeners)
        try:
            heard = broadcast.run(posts, self.sizes.posts_per_second)
        finally:
            broadcast.close()
        self.ours.note(OPERATION, count)
        return heard


def _post_milliseconds(heard: Heard) -> float:
    return percentile(heard.answered, 50) * 1_000
