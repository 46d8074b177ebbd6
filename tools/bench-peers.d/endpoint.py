"""Where the broker listens, and how each kind of client is told to speak TLS with it."""

import os
from dataclasses import dataclass

from process import ToolError


@dataclass(frozen=True)
class Endpoint:
    """One listener of the broker."""

    address: str
    # Its CA's PEM file; None: no TLS.
    ca: str | None = None

    def librdkafka(self):
        return {"security.protocol": "ssl", "ssl.ca.location": self.ca} if self.ca else {}

    def java(self):
        if not self.ca:
            return {}
        return {"security.protocol": "SSL", "ssl.truststore.type": "PEM", "ssl.truststore.location": self.ca}


def of(case):
    """That which a case wants, as `tools/kafka run` tells it."""
    if not case.tls:
        return Endpoint(os.environ["PINLOAD_KAFKA"])
    try:
        return Endpoint(os.environ["PINLOAD_KAFKA_TLS"], os.environ["PINLOAD_KAFKA_CA"])
    except KeyError as missing:
        wants = "a broker with TLS (tools/kafka run --tls)"
        raise ToolError(f"{case.name} needs {wants}: {missing.args[0]} is not set") from None
