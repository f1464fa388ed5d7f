import { createClient } from "@connectrpc/connect";
import type { Client } from "@connectrpc/connect";
import { Http2SessionManager, createGrpcTransport } from "@connectrpc/connect-node";
import { createTransport } from "@connectrpc/connect/protocol-grpc";
import { KV, Lease, Maintenance, Watch } from "./gen/rpc_pb";
import { readTlsFiles } from "./tls";
import type { TlsFiles, TlsMaterial } from "./tls";
import { unaryHttpClient } from "./unary-client";

/** A connection that was silent this long is tested with a ping before it is trusted with a call. */
const PING_INTERVAL_MS = 10_000;
const PING_TIMEOUT_MS = 1_000;
/** How long a member that failed is asked last. */
const COOL_DOWN_MS = 5_000;
/** How often the TLS files are looked at; certificates are renewed long before they end. */
const TLS_CHECK_MS = 60_000;
/** How long calls on the old certificates may still take after new ones were read. */
const RETIRE_AFTER_MS = 30_000;
/** Largest answer that is read; etcd's own limit of a request is 1.5 MiB, a page of a range can hold several. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** etcd's own limit by default. */
const MAX_REQUEST_BYTES = 1.5 * 1024 * 1024;

/** Whether a member's connection can be used as it is. If not, `session.connect()` opens or tests it. */
export function isFresh({ session, workedAt }: Member): boolean {
  const state = session.state();
  return (state === "open" || state === "idle") && performance.now() - workedAt < PING_INTERVAL_MS;
}

/** One member of the cluster and the connection to it. */
export interface Member {
  readonly endpoint: string;
  readonly session: Http2SessionManager;
  readonly kv: Client<typeof KV>;
  /** Grant and revoke. */
  readonly lease: Client<typeof Lease>;
  /** Keep alive. */
  readonly leaseStreams: Client<typeof Lease>;
  readonly watch: Client<typeof Watch>;
  readonly maintenance: Client<typeof Maintenance>;
  failedAt: number;
  workedAt: number;
}

/** The members of a cluster, best one first. Holds their connections, and renews them when the TLS files change. */
export class Members {
  readonly #endpoints: readonly string[];
  readonly #files: TlsFiles;
  readonly #retiring = new Map<NodeJS.Timeout, readonly Member[]>();
  readonly #watchdog: NodeJS.Timeout;
  #fingerprint = "";
  #members: readonly Member[] = [];
  #opening: Promise<void> | undefined;
  #preferred = 0;
  #closed = false;

  constructor(endpoints: readonly string[], files: TlsFiles) {
    if (endpoints.length === 0) throw new Error("'endpoints' is empty; name at least one etcd member");
    this.#endpoints = endpoints;
    this.#files = files;
    this.#watchdog = setInterval(() => void this.reload().catch(() => undefined), TLS_CHECK_MS);
    this.#watchdog.unref();
  }

  /** Members in the order they should be tried: the one that last worked, then the others, lately failed ones last. */
  async inOrder(): Promise<readonly Member[]> {
    if (this.#closed) throw new Error("the etcd client is closed");
    if (this.#members.length === 0) {
      this.#opening ??= this.reload().finally(() => {
        this.#opening = undefined;
      });
      await this.#opening;
    }
    const now = performance.now();
    const rotated = [...this.#members.slice(this.#preferred), ...this.#members.slice(0, this.#preferred)];
    const cooling = (member: Member): boolean => now - member.failedAt < COOL_DOWN_MS;
    return [...rotated.filter((member) => !cooling(member)), ...rotated.filter(cooling)];
  }

  worked(member: Member): void {
    member.failedAt = -Infinity;
    member.workedAt = performance.now();
    const index = this.#members.indexOf(member);
    if (index !== -1) this.#preferred = index;
  }

  failed(member: Member): void {
    member.failedAt = performance.now();
    member.workedAt = -Infinity;
  }

  /** Reads the TLS files again; when they changed, later calls use connections made with the new ones. */
  async reload(): Promise<void> {
    const material = await readTlsFiles(this.#files);
    if (this.#closed || material.fingerprint === this.#fingerprint) return;
    const old = this.#members;
    this.#fingerprint = material.fingerprint;
    this.#members = this.#endpoints.map((endpoint) => connect(endpoint, material));
    if (old.length > 0) this.#retire(old);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#watchdog);
    for (const [timer, members] of this.#retiring) {
      clearTimeout(timer);
      abort(members);
    }
    this.#retiring.clear();
    abort(this.#members);
    this.#members = [];
  }

  #retire(members: readonly Member[]): void {
    const timer = setTimeout(() => {
      this.#retiring.delete(timer);
      abort(members);
    }, RETIRE_AFTER_MS);
    timer.unref();
    this.#retiring.set(timer, members);
  }
}

function connect(endpoint: string, { ca, cert, key }: TlsMaterial): Member {
  const session = new Http2SessionManager(
    endpoint,
    // No pings of idle connections: the library would also ping one that was destroyed, and throw where nobody catches.
    { pingIntervalMs: PING_INTERVAL_MS, pingTimeoutMs: PING_TIMEOUT_MS, pingIdleConnection: false },
    { ca, cert, key, minVersion: "TLSv1.2" },
  );
  const limits = { baseUrl: endpoint, acceptCompression: [], readMaxBytes: MAX_ANSWER_BYTES };
  const streams = createGrpcTransport({ ...limits, sessionManager: session });
  const unary = createTransport({
    ...limits,
    httpClient: unaryHttpClient(session, MAX_ANSWER_BYTES),
    useBinaryFormat: true,
    interceptors: [],
    sendCompression: null,
    compressMinBytes: 0,
    writeMaxBytes: MAX_REQUEST_BYTES,
  });
  return {
    endpoint,
    session,
    kv: createClient(KV, unary),
    lease: createClient(Lease, unary),
    leaseStreams: createClient(Lease, streams),
    watch: createClient(Watch, streams),
    maintenance: createClient(Maintenance, unary),
    failedAt: -Infinity,
    workedAt: -Infinity,
  };
}

function abort(members: readonly Member[]): void {
  for (const { session } of members) session.abort();
}
