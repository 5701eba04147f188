# The provider, in two stages: the first builds an environment, the second only carries it.
# It runs as a user without rights and needs nothing writable but /var/lib/idp and /tmp.

FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/idp
COPY requirements.lock ./
RUN /opt/idp/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY idp idp
RUN /opt/idp/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --home-dir /var/lib/idp idp \
    && install -d -o idp -g idp -m 0700 /var/lib/idp
COPY --from=build /opt/idp /opt/idp
ENV PATH=/opt/idp/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    IDP_KEYS_DIR=/var/lib/idp/keys \
    IDP_DATABASE_URL=sqlite:////var/lib/idp/idp.db
USER idp
WORKDIR /var/lib/idp
VOLUME /var/lib/idp
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health', timeout=2)"]
CMD ["idp", "serve", "--host", "0.0.0.0", "--port", "8000"]
