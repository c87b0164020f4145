"""A web server that says hello."""

import http.server
import pathlib
import sys


def greeting(name):
    return f"Hello, {name}"


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{greeting('reader')} {pathlib.Path('site.css').read_text()}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form, *arguments):
        print(form % arguments)


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Page)
    print(f"serving on port {sys.argv[1]}: {greeting('reader')}")
    server.serve_forever()
