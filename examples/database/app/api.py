"""POST / adds a job, GET / shows the jobs. When it is asked to stop, it writes some last jobs before it exits."""

import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from database import connect


def add(text):
    connect().execute("INSERT INTO job (text) VALUES (%s)", [text])


class Jobs(BaseHTTPRequestHandler):
    def do_GET(self):
        rows = connect()
        rows.execute("SELECT text, coalesce(words::text, 'waiting'), coalesce(worker, '-') FROM job ORDER BY id")
        self._send("".join(f"{text}: {words}: {worker}\n" for text, words, worker in rows.fetchall()))

    def do_POST(self):
        add(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._send("accepted\n")

    def _send(self, text):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


stopping = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopping.set())
server = ThreadingHTTPServer(("", int(sys.argv[1])), Jobs)
threading.Thread(target=server.serve_forever, daemon=True).start()
stopping.wait()
for number in range(1, 6):
    time.sleep(0.2)
    add(f"last words {number}")
print("api: wrote its last job")
