# The service without embedded PostgreSQL and without development packages. Runs the TypeScript sources as they are: no build step.
# Multi-architecture: `docker buildx build --platform linux/amd64,linux/arm64 .` How to pin the base by its digest, and to build the same
# image again: docs/supply-chain.md.
ARG NODE_IMAGE=node:24.21.0-slim
FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# No install scripts: the only native package brings its binaries.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

# The same sources give the same bytes here, on any machine: what is to be compared is built with `--target plain`.
FROM ${NODE_IMAGE} AS plain
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json ./
COPY src ./src
COPY migrations ./migrations
COPY openapi ./openapi
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node itself, so that it gets the signals; it ends on SIGTERM by itself and starts no children, so that no init is needed.
CMD ["node", "src/main.ts"]

# The same, ready a second sooner: with what Node compiles of all this, which is other bytes each time (V8 keys its texts by chance).
# A start that may not begin (78) loads everything first. Node keeps it for each user apart; it belongs to root afterwards, as the sources do:
# the running process cannot change them.
FROM plain
ENV NODE_COMPILE_CACHE=/app/.compiled
USER root
RUN install -d -o node .compiled \
  && { setpriv --reuid=node --regid=node --clear-groups env PORT=none node src/main.ts; test $? = 78; } \
  && chown -R root:root .compiled && chmod -R a+rX .compiled
USER node
