"""A TCP proxy that hands on every byte a stated time after it came, in each direction, as a long line does: nothing is
slowed down, only late.

slow_proxy.py LISTEN_PORT TARGET_HOST:PORT DELAY_MS; prints `ready` and ends with its standard input.
"""

import asyncio
import collections
import os
import sys

READ_BYTES = 1 << 20
# So much may be on the line in one direction: more than any client has on its way.
LINE_BYTES = 256 << 20


async def carry(reader, writer, delay_s):
    """From one end to the other. The reading end never waits for the writing one, up to what the line holds."""
    line, wake, room = collections.deque(), asyncio.Event(), asyncio.Event()
    state = {"bytes": 0, "ended": False}
    room.set()

    async def read():
        while data := await reader.read(READ_BYTES):
            line.append((loop.time() + delay_s, data))
            state["bytes"] += len(data)
            wake.set()
            if state["bytes"] > LINE_BYTES:
                room.clear()
                await room.wait()
        state["ended"] = True
        wake.set()

    loop = asyncio.get_running_loop()
    reading = asyncio.create_task(read())
    try:
        while line or not state["ended"]:
            if not line:
                wake.clear()
                await wake.wait()
                continue
            due, data = line.popleft()
            left = due - loop.time()
            if left > 0:
                await asyncio.sleep(left)
            writer.write(data)
            await writer.drain()
            state["bytes"] -= len(data)
            room.set()
    except ConnectionError:
        pass
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        writer.close()


async def serve(port, target, delay_s):
    host, target_port = target.rsplit(":", 1)

    # The loop itself holds its tasks weakly.
    connections = set()

    async def connection(reader, writer):
        connections.add(asyncio.current_task())
        try:
            far_reader, far_writer = await asyncio.open_connection(host, int(target_port), limit=READ_BYTES)
        except OSError:
            writer.close()
            return
        both = carry(reader, far_writer, delay_s), carry(far_reader, writer, delay_s)
        await asyncio.gather(*both, return_exceptions=True)
        connections.discard(asyncio.current_task())

    server = await asyncio.start_server(connection, "127.0.0.1", port, limit=READ_BYTES)
    print("ready", flush=True)
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    async with server:
        await ended
        # Connections that are still open are nobody's concern, and asyncio would complain about each.
        os._exit(0)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]) / 1000))
