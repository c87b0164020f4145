"""The tasks: each takes a while and leaves its number in a list."""

import time

import redis
from celery import Celery

BROKER = "redis://127.0.0.1:6379/0"
app = Celery("tasks", broker=BROKER)


@app.task
def work(number):
    time.sleep(0.5)
    redis.from_url(BROKER).rpush("done", number)
