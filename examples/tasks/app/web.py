"""POST / queues as many tasks as the body says, GET / shows the numbers of those that are done."""

import redis

from tasks import BROKER, work


def application(environ, start_response):
    if environ["REQUEST_METHOD"] == "POST":
        count = int(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        for number in range(count):
            work.delay(number)
        body = f"queued {count}\n"
    else:
        done = redis.from_url(BROKER).lrange("done", 0, -1)
        body = " ".join(sorted((number.decode() for number in done), key=int)) + "\n"
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body.encode()]
