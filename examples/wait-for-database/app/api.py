"""GET / counts the visits in the database; GET /healthz answers once the database does."""

import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2


def query(text):
    connection = psycopg2.connect("")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(text)
        return cursor.fetchone()[0]


class Visits(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/healthz":
            query("SELECT 1")
            text = "healthy"
        else:
            query("INSERT INTO visit DEFAULT VALUES RETURNING 1")
            text = f"visit {query('SELECT count(*) FROM visit')}"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{text}\n".encode())

    def log_message(self, *_):
        pass


stopping = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopping.set())
server = ThreadingHTTPServer(("", int(sys.argv[1])), Visits)
threading.Thread(target=server.serve_forever, daemon=True).start()
stopping.wait()
server.shutdown()
