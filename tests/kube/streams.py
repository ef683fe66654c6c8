# SPDX-License-Identifier: GPL-2.0-or-later
"""The two protocols of `kubectl exec`, the server's side: a fake of what an API server and a kubelet speak.

Since 1.31 kubectl upgrades to a WebSocket (v5.channel.k8s.io: the first byte of a message is its channel); before that
to SPDY/3.1 (v4.channel.k8s.io: a stream for each channel).  Both classes have the same methods: receive() gives (channel, bytes),
bytes being None when the client closed that channel, or None when the connection has ended; send(channel, bytes).
"""
import base64
import hashlib
import struct
import threading
import zlib

STDIN, STDOUT, STDERR, ERROR, RESIZE = range(5)


def read_exactly(stream, size):
    data = stream.read(size)
    if data is None or len(data) < size:
        raise EOFError
    return data


class WebSocket:
    def __init__(self, handler):
        self.stream, self.socket, self.lock = handler.rfile, handler.connection, threading.Lock()
        key = handler.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        offered = [name.strip() for name in handler.headers["Sec-WebSocket-Protocol"].split(",")]
        handler.answer_upgrade([
            ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()),
            ("Sec-WebSocket-Protocol", "v5.channel.k8s.io" if "v5.channel.k8s.io" in offered else offered[0])])

    def _frame(self, opcode, payload):
        head = bytes([0x80 | opcode])
        if len(payload) < 126:
            head += bytes([len(payload)])
        elif len(payload) < 65536:
            head += b"\x7e" + struct.pack(">H", len(payload))
        else:
            head += b"\x7f" + struct.pack(">Q", len(payload))
        with self.lock:
            self.socket.sendall(head + payload)

    def _read(self):
        first, second = read_exactly(self.stream, 2)
        size = second & 0x7f
        if size == 126:
            size, = struct.unpack(">H", read_exactly(self.stream, 2))
        elif size == 127:
            size, = struct.unpack(">Q", read_exactly(self.stream, 8))
        mask = read_exactly(self.stream, 4)
        data = read_exactly(self.stream, size)
        repeated = (mask * (size // 4 + 1))[:size]
        return first & 15, (int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")

    def receive(self):
        try:
            while True:
                opcode, data = self._read()
                if opcode == 8:
                    return None
                if opcode == 9:
                    self._frame(10, data)
                elif opcode in (0, 1, 2) and data and data[0] == 255:
                    return data[1], None
                elif opcode in (0, 1, 2) and data:
                    return data[0], data[1:]
        except (EOFError, OSError):
            return None

    def send(self, channel, data):
        self._frame(2, bytes([channel]) + data)

    def close(self):
        self._frame(8, struct.pack(">H", 1000))


class Spdy:
    """Headers of streams are not read: kubectl makes them in the order error, stdin, stdout, stderr."""
    SYN_STREAM, SYN_REPLY, RST_STREAM, PING, GOAWAY = 1, 2, 3, 6, 7

    def __init__(self, handler, channels):
        self.stream, self.socket, self.lock = handler.rfile, handler.connection, threading.Lock()
        self.expected = [ERROR] + channels
        self.channel_of, self.stream_of, self.received = {}, {}, []
        self.compressor = zlib.compressobj()
        handler.answer_upgrade([("Upgrade", "SPDY/3.1"), ("Connection", "Upgrade"),
                                ("X-Stream-Protocol-Version", "v4.channel.k8s.io")])
        while len(self.channel_of) < len(self.expected):
            self._read()

    def _write(self, data):
        with self.lock:
            self.socket.sendall(data)

    def _control(self, kind, payload):
        self._write(struct.pack(">HHI", 0x8003, kind, len(payload)) + payload)

    def _begin(self, identity):
        channel = self.expected[len(self.channel_of)]
        self.channel_of[identity], self.stream_of[channel] = channel, identity
        block = self.compressor.compress(struct.pack(">I", 0)) + self.compressor.flush(zlib.Z_SYNC_FLUSH)
        self._control(self.SYN_REPLY, struct.pack(">I", identity) + block)

    def _read(self):
        head = read_exactly(self.stream, 8)
        number, = struct.unpack(">I", head[:4])
        size = int.from_bytes(head[5:], "big")
        data = read_exactly(self.stream, size)
        if not number >> 31:
            return self.channel_of.get(number), data, bool(head[4] & 1)
        kind = number & 0xffff
        if kind == self.SYN_STREAM:
            self._begin(struct.unpack(">I", data[:4])[0] & 0x7fffffff)
        elif kind == self.PING:
            self._control(self.PING, data)
        elif kind == self.GOAWAY:
            raise EOFError
        return None, b"", False

    def receive(self):
        try:
            while not self.received:
                channel, data, is_end = self._read()
                if channel is not None:
                    self.received += [(channel, data)] * bool(data) + [(channel, None)] * is_end
            return self.received.pop(0)
        except (EOFError, OSError):
            return None

    def send(self, channel, data, is_end=False):
        for start in range(0, max(len(data), 1), 1 << 16):
            part = data[start:start + (1 << 16)]
            self._write(struct.pack(">I", self.stream_of[channel]) + bytes([is_end]) + len(part).to_bytes(3, "big") + part)

    def close(self):
        for channel in self.stream_of:
            if channel != STDIN:
                self.send(channel, b"", True)
