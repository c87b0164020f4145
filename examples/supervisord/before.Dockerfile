FROM debian:bookworm-slim

RUN apt-get update \
 && apt-get install --yes --no-install-recommends supervisor \
 && rm -rf /var/lib/apt/lists/*

COPY app.sh /usr/local/bin/app
COPY supervisord.conf /etc/supervisord.conf
ENV PORT=8000 QUEUE=mail

CMD ["supervisord", "-c", "/etc/supervisord.conf"]
