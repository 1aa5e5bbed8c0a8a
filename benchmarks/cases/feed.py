"""The live feed: delivery to many listeners while events are posted at a steady rate, and its effect on the posts."""

from __future__ import annotations

import time
from collections.abc import Sequence

from benchmarks.listeners import Broadcast, Delivery
from benchmarks.load import request
from benchmarks.measure import Bar, Comparison, interleave, paired, percentile
from benchmarks.ours import issue_to_coordinators
from benchmarks.reports import FORCES, text
from benchmarks.stage import Stage

OPERATION = "live"
LATENCY_LIMIT_MILLISECONDS = 1_000.0
# The service polls for new events every half second.
SECONDS_UNTIL_POLLED = 0.6
# All listeners are coordinators of the lead force, who alone get every event. A force has at most half of the places.
PLACES_PER_LISTENER = 2
LISTENERS_PER_CREDENTIAL = 10


def live(stage: Stage) -> list[Comparison]:
    """Post without listeners and with them; every event must reach every listener."""
    sizes, live = stage.sizes, Live(stage)
    turns = interleave(sizes, alone=live.alone_turn, heard=live.heard_turn)
    live.ours.check()
    heard, alone = turns["heard"], turns["alone"]
    # Summed over all rounds: a median would hide one round that lost an event.
    reached = [(float(sum(len(one.arrived) for one in heard)), float(sum(one.expected for one in heard)))]
    slowest = [(percentile(one.arrived, 99) * 1_000, LATENCY_LIMIT_MILLISECONDS) for one in heard]
    posts = paired([_post_milliseconds(one) for one in heard], [_post_milliseconds(one) for one in alone])
    every_event = f"every event, {sizes.subscribers} listeners, {sizes.posts_per_second}/s"
    return [
        Comparison(case="feed", compared_with=every_event, unit="events", pairs=reached, bar=Bar(1.0)),
        Comparison(case="feed", compared_with="1 s, p99", unit="ms", pairs=slowest, bar=Bar(1.0, is_upper=True)),
        Comparison(
            case="feed", compared_with="post without listeners", unit="ms", pairs=posts, bar=Bar(1.25, is_upper=True)
        ),
    ]


class Live:
    """An operation that receives posts at a steady rate, with and without listeners."""

    def __init__(self, stage: Stage) -> None:
        self.sizes = stage.sizes
        count = self.sizes.subscribers
        self.ours = stage.serve(stage.databases.migrated(), feed_subscribers=PLACES_PER_LISTENER * count)
        secrets = issue_to_coordinators(self.ours.urls, count // LISTENERS_PER_CREDENTIAL)
        path = f"/v1/operations/{OPERATION}/feed"
        self.listening = [request("GET", path, secret=secret) for secret in secrets * LISTENERS_PER_CREDENTIAL]
        self.has_abandoned_feeds = False
        self.ours.open(OPERATION)

    def alone_turn(self) -> Delivery:
        """Post without listeners, after the server has closed the feeds of the last turn's listeners."""
        if self.has_abandoned_feeds:
            # The server notices at the second event that a listener has disconnected.
            for _event in range(2):
                self._post(1, [])
                time.sleep(SECONDS_UNTIL_POLLED)
            self.has_abandoned_feeds = False
        return self._post(int(self.sizes.posts_per_second * self.sizes.feed_seconds), [])

    def heard_turn(self) -> Delivery:
        """Post while all listeners read the feed."""
        self.has_abandoned_feeds = True
        return self._post(int(self.sizes.posts_per_second * self.sizes.feed_seconds), self.listening)

    def _post(self, count: int, listening: Sequence[bytes]) -> Delivery:
        path, posts = f"/v1/operations/{OPERATION}", []
        for number in range(count):
            force = FORCES[number % len(FORCES)]
            posts.append(request("POST", f"{path}/events", text(force, number), secret=self.ours.secrets[force]))
        broadcast = Broadcast(self.ours.server.port, listening)
        try:
            heard = broadcast.run(posts, self.sizes.posts_per_second)
        finally:
            broadcast.close()
        self.ours.note(OPERATION, count)
        return heard


def _post_milliseconds(heard: Delivery) -> float:
    return percentile(heard.answered, 50) * 1_000
