"""What a relay and its gossip count, in the format of Prometheus.  No label says whose anything is."""

from prometheus_client import CollectorRegistry, Counter


class Meters:
    """What went to each peer of a relay and came from it, and what the relay itself took and refused."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ["peer", "direction"]
        self.messages = Counter(
            "zksettle_gossip_messages", "Orders, withdrawals and letters by peer.", labels, registry=self.registry
        )
        self.bytes = Counter("zksettle_gossip_bytes", "Bytes of these.", labels, registry=self.registry)
        self.refused = Counter(
            "zksettle_gossip_refused", "What a peer or the centre refused.", ["peer"], registry=self.registry
        )

        self.taken = Counter(
            "zksettle_relay_taken", "What the relay took, by kind of event.", ["kind"], registry=self.registry
        )
        self.taken_bytes = Counter("zksettle_relay_taken_bytes", "Bytes of what it took.", registry=self.registry)
        self.turned_away = Counter(
            "zksettle_relay_refused", "What the relay refused, by the first word of why.", ["why"],
            registry=self.registry,
        )  # fmt: skip

    def count(self, peer: str, direction: str, data: bytes) -> None:
        """Counts something that went or came."""
        self.messages.labels(peer, direction).inc()
        self.bytes.labels(peer, direction).inc(len(data))
