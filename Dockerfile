# Dependencies are installed first, so that a code change does not reinstall them.
FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /opt/oprecord
# requirements-extras.lock also has the packages of the extras.
ARG LOCK=requirements.lock
COPY requirements.lock requirements-extras.lock ./
RUN /opt/oprecord/bin/pip install --no-cache-dir --no-deps --require-hashes --requirement "$LOCK"
COPY pyproject.toml README.md LICENSE ./
COPY service service
COPY migrations migrations
RUN /opt/oprecord/bin/hatchling build --target wheel \
    && /opt/oprecord/bin/pip install --no-cache-dir --no-deps dist/*.whl \
    && /opt/oprecord/bin/pip check

FROM python:3.13-slim
# An SQLite record is stored in the home folder, the only one that the user can write to.
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/oprecord --create-home oprecord
COPY --from=build /opt/oprecord /opt/oprecord
ENV PATH=/opt/oprecord/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    OPRECORD_HOST=0.0.0.0 \
    OPRECORD_PORT=8000
USER 10001
WORKDIR /var/lib/oprecord
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"OPRECORD_PORT\"]}/healthz', timeout=2)"]
CMD ["oprecord", "serve"]
