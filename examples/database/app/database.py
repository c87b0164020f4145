"""A minimal client of Redis."""

import socket


class Database:
    """A connection. Fails at once if the database does not accept it: monofy waits for the database, not this client."""

    def __init__(self):
        self._stream = socket.create_connection(("127.0.0.1", 6379)).makefile("rwb")

    def ask(self, *words):
        """Sends a command and returns the answer, bytes in a list or alone, a number, or None."""
        parts = [str(word).encode() for word in words]
        self._stream.write(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        self._stream.flush()
        return self._answer()

    def _answer(self):
        line = self._stream.readline()
        if not line:
            raise ConnectionError("the database has closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$" and int(rest) >= 0:
            return self._stream.read(int(rest) + 2)[:-2]
        if kind == b"*" and int(rest) >= 0:
            return [self._answer() for _ in range(int(rest))]
        return rest if kind == b"+" else None
