# hookproof in a container: docs/pull-requests.md#in-a-container has the commands.
FROM python:3.12-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/hookproof \
    && /opt/hookproof/bin/pip install --no-cache-dir --quiet --disable-pip-version-check .

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 hookproof
COPY --from=build /opt/hookproof /opt/hookproof
ENV PATH=/opt/hookproof/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HEALTH_URL=http://127.0.0.1:4010/_hookproof/healthz
USER 10001
WORKDIR /home/hookproof
EXPOSE 4010 4020
# For a sink set HEALTH_URL to http://127.0.0.1:4020/_hookproof/healthz. For verify there is none.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(os.environ['HEALTH_URL'], timeout=2)"]
ENTRYPOINT ["hookproof"]
CMD ["mock", "--host", "0.0.0.0"]
