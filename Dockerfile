# The service alone: MongoDB is elsewhere (compose.yaml). `docker build -t skills-registry .`
FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /venv
COPY setup.cfg pyproject.toml README.md wsgi.py ./
COPY keys keys
COPY registry registry
COPY issuers issuers
COPY verify verify
RUN /venv/bin/pip install --no-cache-dir '.[images,paper]'

FROM python:3.13-slim
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends fonts-noto-cjk fonts-hanazono \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin registry
COPY --from=build /venv /venv
USER registry
WORKDIR /tmp
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
CMD ["skills-registry", "serve"]
