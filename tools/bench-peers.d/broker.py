"""Topics and end offsets over Kafka's own protocol: make, delete, count, without the start of a JVM for each.

Only what the bench needs, in old versions of the requests that carry no tags and that Kafka 4 still serves
(https://kafka.apache.org/protocol).
"""

import socket
import struct
import time

CREATE_TOPICS, DELETE_TOPICS, LIST_OFFSETS = (19, 2), (20, 1), (2, 1)
LATEST = -1
NO_ERROR = 0


class BrokerError(Exception):
    """The broker refused something, or is gone."""


def _string(text):
    data = text.encode()
    return struct.pack(">h", len(data)) + data


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        value = struct.unpack_from(">" + form, self.data, self.at)[0]
        self.at += struct.calcsize(">" + form)
        return value

    def string(self):
        length = max(self.take("h"), 0)
        self.at += length
        return self.data[self.at - length : self.at].decode()


class Broker:
    """A single broker that leads all partitions."""

    def __init__(self, address, timeout_s=30):
        self.address, self.timeout_s = address, timeout_s
        host, port = address.rsplit(":", 1)
        self.connection = socket.create_connection((host, int(port)), timeout_s)
        self.correlation = 0

    def close(self):
        self.connection.close()

    def create(self, topic, partitions):
        """Makes a topic and returns when all its partitions can be asked for offsets."""
        body = struct.pack(">i", 1) + _string(topic) + struct.pack(">ihii", partitions, 1, 0, 0)
        reader = self._ask(CREATE_TOPICS, body + struct.pack(">i?", self.timeout_s * 1000, False))
        reader.take("i")
        reader.take("i")
        name, error, why = reader.string(), reader.take("h"), reader.string()
        if error != NO_ERROR:
            raise BrokerError(f"cannot create {name}: error {error} {why}")
        deadline = time.monotonic() + self.timeout_s
        while self._offsets(topic, partitions) is None:
            if time.monotonic() > deadline:
                raise BrokerError(f"{topic} has no leaders after {self.timeout_s} s")
            time.sleep(0.02)

    def delete(self, topic):
        body = struct.pack(">i", 1) + _string(topic) + struct.pack(">i", self.timeout_s * 1000)
        reader = self._ask(DELETE_TOPICS, body)
        reader.take("i")
        reader.take("i")
        name, error = reader.string(), reader.take("h")
        if error != NO_ERROR:
            raise BrokerError(f"cannot delete {name}: error {error}")

    def messages(self, topic, partitions):
        """The end offsets of all partitions together: how many messages the topic was given."""
        offsets = self._offsets(topic, partitions)
        if offsets is None:
            raise BrokerError(f"{topic}: no end offsets")
        return sum(offsets)

    def _offsets(self, topic, partitions):
        body = struct.pack(">ii", -1, 1) + _string(topic) + struct.pack(">i", partitions)
        body += b"".join(struct.pack(">iq", partition, LATEST) for partition in range(partitions))
        reader = self._ask(LIST_OFFSETS, body)
        reader.take("i")
        reader.string()
        answers = [
            (reader.take("i"), reader.take("h"), reader.take("q"), reader.take("q")) for _ in range(reader.take("i"))
        ]
        if any(error != NO_ERROR for _, error, _, _ in answers):
            return None
        return [offset for _, _, _, offset in answers]

    def _ask(self, request, body):
        key, version = request
        self.correlation += 1
        head = struct.pack(">hhi", key, version, self.correlation) + _string("bench-peers")
        try:
            self.connection.sendall(struct.pack(">i", len(head) + len(body)) + head + body)
            answer = self._receive(struct.unpack(">i", self._receive(4))[0])
        except OSError as error:
            raise BrokerError(f"{self.address}: {error}") from error
        return _Reader(answer[4:])

    def _receive(self, count):
        data = b""
        while len(data) < count:
            part = self.connection.recv(count - len(data))
            if not part:
                raise BrokerError(f"{self.address} has closed the connection")
            data += part
        return data
