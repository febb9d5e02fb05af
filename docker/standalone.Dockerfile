# The server on its own. Build it from the project's folder, or let "docker compose up -d" there do it:
#   docker build -f docker/standalone.Dockerfile -t dockge-git-deploy .

# Docker's own image of its command line: Docker CLI 28.3.1, Compose 2.38.2, buildx 0.25.0, all of them static programs.
FROM docker:28.3.1-cli AS docker-cli

# ---- build: everything, with the development packages -----------------------------------------------------------
FROM node:22-bookworm-slim AS build
WORKDIR /app
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 make g++ \
    && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
# npm has no binary of sqlite3, and its installer would take one from a release page without trying whether this Debian's C library can load it.
# So it is compiled here, with the headers that Node's image has.
RUN npm_config_build_from_source=sqlite3 npm_config_nodedir=/usr/local npm ci --include=dev --no-audit --no-fund
COPY tsconfig*.json ./
COPY common common
COPY backend backend
COPY db db
COPY frontend frontend
COPY extra extra
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

# ---- run --------------------------------------------------------------------------------------------------------
FROM node:22-bookworm-slim
# Debian 12: git 2.39, openssh-client 9.2, git-lfs 3.3, dumb-init 1.2.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates dumb-init git git-lfs openssh-client \
    && rm -rf /var/lib/apt/lists/*
COPY --from=docker-cli /usr/local/bin/docker /usr/local/bin/docker
COPY --from=docker-cli /usr/local/libexec/docker/cli-plugins /usr/local/libexec/docker/cli-plugins

WORKDIR /app
ENV NODE_ENV=production \
    DOCKGE_DATA_DIR=/app/data \
    DOCKGE_STACKS_DIR=/opt/stacks \
    UV_USE_IO_URING=0
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# What "npm run reset-password" and the other commands need besides their compiled programs.
COPY package.json LICENSE ./
COPY extra/command.mjs extra/command.mjs

VOLUME /app/data
EXPOSE 5001
# Knows the port, the address and HTTPS by the same variables as the server.
HEALTHCHECK --interval=30s --timeout=15s --start-period=60s --retries=3 CMD ["node", "dist/backend/healthcheck.js"]
# Root, as with Dockge: the Docker socket makes whoever has it root on the host anyway, and files of stacks belong to anybody.
# PID 1 has to hand signals on and collect the orphans of git and docker.
ENTRYPOINT ["dumb-init", "--"]
CMD ["node", "dist/backend/index.js"]
