"""A web page that accepts words with POST and shows on GET how often it got each."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from database import Database

# Without a database it does not even start.
print("web: the database answers", Database().ask("PING").decode())


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        counts = Database().ask("HGETALL", "counts")
        lines = sorted(f"{word.decode()}: {count.decode()}\n" for word, count in zip(counts[::2], counts[1::2]))
        self._send("".join(lines))

    def do_POST(self):
        words = self.rfile.read(int(self.headers["Content-Length"])).decode()
        Database().ask("RPUSH", "words", *words.split())
        self._send("accepted\n")

    def _send(self, text):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("", int(sys.argv[1])), Page).serve_forever()
