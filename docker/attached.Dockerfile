# Dockge as it is published, with Git Deploy beside it. Build it from the project's folder:
#   docker build -f docker/attached.Dockerfile -t dockge-with-git-deploy .

# ---- build: everything, with the development packages -----------------------------------------------------------
FROM node:22-bookworm-slim AS build
WORKDIR /git-deploy
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

# Docker's own image of its command line, for buildx, which Dockge's image leaves out.
FROM docker:28.3.1-cli AS docker-cli

# ---- run --------------------------------------------------------------------------------------------------------
FROM louislam/dockge:1
RUN apt-get update \
    && apt-get install -y --no-install-recommends git git-lfs openssh-client \
    && rm -rf /var/lib/apt/lists/*
COPY --from=docker-cli /usr/local/libexec/docker/cli-plugins/docker-buildx /usr/local/libexec/docker/cli-plugins/docker-buildx
COPY --from=build /git-deploy/node_modules /git-deploy/node_modules
COPY --from=build /git-deploy/dist /git-deploy/dist
COPY package.json LICENSE /git-deploy/
# Working directory (/app), entry point, port, volume and health check stay Dockge's.
CMD ["node", "/git-deploy/dist/backend/attach.js"]
