FROM debian:bookworm-slim

RUN apt-get update \
 && apt-get install --yes --no-install-recommends ruby-foreman \
 && rm -rf /var/lib/apt/lists/*

COPY app.sh /usr/local/bin/app
COPY Procfile /
ENV PORT=8000

CMD ["foreman", "start"]
