# syntax=docker/dockerfile:1

# 1. The pages.
FROM node:22-bookworm-slim AS ui
WORKDIR /src/static
COPY static/package.json static/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY static/ ./
RUN npm run build

# 2. The daemon, with the pages inside.
FROM rust:1.95-bookworm AS daemon
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY actors/ actors/
COPY src/ src/
COPY benches/ benches/
COPY --from=ui /src/static/dist/ static/dist/
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release --bin hearth && cp target/release/hearth /usr/local/bin/hearth

# 3. What runs.
FROM debian:bookworm-slim
# dialout owns serial ports on Debian hosts (group 20).
RUN useradd --uid 10001 --groups dialout --home-dir /data --no-create-home --shell /usr/sbin/nologin hearth \
    && install -d -o hearth -g hearth /data
COPY --from=daemon /usr/local/bin/hearth /usr/local/bin/hearth
COPY etc/hearth.toml /etc/hearth/hearth.toml
COPY etc/machines/ /etc/hearth/machines/
USER 10001
VOLUME /data
EXPOSE 8080
# The first process is the guard: it passes this signal on, the daemon stops within 5 s, outputs first. It also reaps what others leave.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s \
    CMD ["hearth", "healthcheck", "--config", "/etc/hearth/hearth.toml"]
ENTRYPOINT ["hearth", "--config", "/etc/hearth/hearth.toml", "--data-dir", "/data", "--log-format", "json"]
CMD ["serve"]
