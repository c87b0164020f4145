"""GET / shows the jobs, POST / adds one: its body is the text whose words are to be counted."""

from database import connect


def application(environ, start_response):
    if environ["PATH_INFO"] != "/":
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"not found\n"]
    database = connect()
    try:
        if environ["REQUEST_METHOD"] == "POST":
            length = int(environ.get("CONTENT_LENGTH") or 0)
            text = environ["wsgi.input"].read(length).decode(errors="replace")
            job = database.execute("INSERT INTO job (text) VALUES (?)", [text]).lastrowid
            body, status = f"job {job} is waiting\n", "201 Created"
        else:
            rows = database.execute("SELECT id, text, words, worker FROM job ORDER BY id").fetchall()
            body, status = "".join(map(line, rows)), "200 OK"
    finally:
        database.close()
    start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [body.encode()]


def line(row):
    job, text, words, worker = row
    state = "waiting" if words is None else f"{words} words, counted by {worker}"
    return f"job {job}: {text!r}: {state}\n"
