# Holdfast in a container: docs/containers.md. `--target softhsm` adds SoftHSM, for trials.
# The full image compiles, the slim one of the same release and the same Debian serves. Debian,
# because the lock of the key folder comes as a program for glibc.

FROM node:26.10.0-trixie AS build
WORKDIR /opt/holdfast
# The headers that pkcs11js is compiled with are in the image; nothing more needs to be fetched.
ENV npm_package_config_node_gyp_nodedir=/usr/local
COPY package.json npm-shrinkwrap.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs scripts/
COPY scripts/lib scripts/lib
COPY src src
RUN npm run build && rm dist/.tsbuildinfo
# npm takes a failure to compile an optional dependency as no failure.
RUN npm prune --omit=dev && node --eval "require('pkcs11js')"

FROM node:26.10.0-trixie-slim AS holdfast
# npm would keep SIGTERM to itself, and nothing here is installed at run time.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx \
  && groupadd --gid 10001 holdfast \
  && useradd --uid 10001 --gid holdfast --home-dir /var/lib/holdfast --no-create-home \
    --shell /usr/sbin/nologin holdfast \
  && install -d -m 0700 -o holdfast -g holdfast /var/lib/holdfast \
  && install -d -m 0755 /etc/holdfast \
  && ln -s /opt/holdfast/dist/cli/main.js /usr/local/bin/holdfast
WORKDIR /opt/holdfast
COPY package.json LICENSE ./
COPY certs /etc/holdfast/certs
COPY --from=build /opt/holdfast/node_modules node_modules
COPY --from=build /opt/holdfast/dist dist
ENV NODE_ENV=production \
  HOLDFAST_CONFIG=/etc/holdfast/holdfast.yaml

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Holdfast" \
  org.opencontainers.image.description="An AWS KMS external key store (XKS) proxy" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.base.name="docker.io/library/node:26.10.0-trixie-slim"

# By number, so that Kubernetes can see that it is not root.
USER 10001:10001
VOLUME /var/lib/holdfast
EXPOSE 8443
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.HOLDFAST_OPERATIONS_PORT || 9464}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# No signal opens the debugger, not even before the first module has run.
ENTRYPOINT ["node", "--disable-sigusr1", "--inspect-port=192.0.2.1:1024", "/opt/holdfast/dist/cli/main.js"]
CMD ["serve"]

FROM holdfast AS softhsm
USER 0:0
# Debian's version of this release; another one would be another Debian.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends softhsm2 \
  && rm -rf /var/lib/apt/lists/*
USER 10001:10001

# What a build without --target makes.
FROM holdfast
