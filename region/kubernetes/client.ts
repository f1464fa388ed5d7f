import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import type { IncomingMessage, RequestOptions } from "node:http";
import { createInterface } from "node:readline";
import { RegionError } from "../errors";
import { withTimeout } from "../wait";
import { collectionPath, objectPath } from "./object";
import type { KubernetesObject, ObjectList } from "./object";

const requestTimeoutMs = 15_000;
/** The server ends a watch after this long; a connection that died in silence is noticed soon after. */
const watchSeconds = 300;
const watchGraceMs = 15_000;
const responseLimitBytes = 32 * 1024 * 1024;
/** Owner of the fields that the region applies. */
const fieldManager = "agentic-flow-region";

export interface ClientOptions {
  /** `https://host:port` */
  readonly url: string;
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** An answer of the API server that is not a success. */
export class ApiError extends RegionError {
  constructor(readonly status: number, readonly reason: string, what: string, message: string) {
    super("api", `${what}: ${status} ${message}`);
    this.name = "ApiError";
  }
}

/**
 * The few calls that the region makes to its own API server, over a client certificate.
 *
 * The general client library would add its whole generated API to a process that runs as long as the region does.
 */
export class KubernetesClient {
  readonly #agent: Agent;
  readonly #url: URL;

  constructor(options: ClientOptions) {
    this.#url = new URL(options.url);
    this.#agent = new Agent({
      keepAlive: true,
      ca: readFileSync(options.caFile),
      cert: readFileSync(options.certificateFile),
      key: readFileSync(options.keyFile),
    });
  }

  /** Closes its connections. */
  close(): void {
    this.#agent.destroy();
  }

  /** Creates the object or brings the fields given here to these values; other fields stay as they are. */
  apply(object: KubernetesObject, signal?: AbortSignal): Promise<KubernetesObject> {
    return this.#call("PATCH", `${objectPath(object)}?fieldManager=${fieldManager}&force=true`, object, "application/apply-patch+yaml", signal);
  }

  create(object: KubernetesObject, signal?: AbortSignal): Promise<KubernetesObject> {
    const { apiVersion, kind, metadata } = object;
    return this.#call("POST", `${collectionPath(apiVersion, kind, metadata.namespace)}?fieldManager=${fieldManager}`, object, "application/json", signal);
  }

  /** Merges `patch` into the object, or into its `status` subresource (RFC 7386). */
  merge(object: KubernetesObject, patch: object, subresource?: "status", signal?: AbortSignal): Promise<KubernetesObject> {
    return this.#call("PATCH", `${objectPath(object)}${subresource === undefined ? "" : `/${subresource}`}?fieldManager=${fieldManager}`, patch, "application/merge-patch+json", signal);
  }

  /** Reads any path of the API. */
  get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.#call("GET", path, undefined, "application/json", signal);
  }

  list<T>(apiVersion: string, kind: string, signal?: AbortSignal): Promise<ObjectList<T>> {
    return this.get<ObjectList<T>>(collectionPath(apiVersion, kind), signal);
  }

  /** Deletes an object; one that is gone already is fine. */
  async delete(object: KubernetesObject, signal?: AbortSignal): Promise<void> {
    try {
      await this.#call("DELETE", objectPath(object), undefined, "application/json", signal);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
  }

  /** Calls `onChange` for every change of a kind from now on, until the server ends the watch or `signal` fires. */
  async watch(apiVersion: string, kind: string, onChange: () => void, signal: AbortSignal): Promise<void> {
    const path = `${collectionPath(apiVersion, kind)}?watch=1&timeoutSeconds=${watchSeconds}&allowWatchBookmarks=true`;
    const response = await this.#send({ method: "GET", path }, undefined, withTimeout(watchSeconds * 1000 + watchGraceMs, signal));
    if (response.statusCode !== 200) {
      response.resume();
      throw new ApiError(response.statusCode ?? 0, "", `watch ${kind}`, "refused");
    }
    for await (const line of createInterface({ input: response, crlfDelay: Infinity })) {
      if (line !== "") onChange();
    }
  }

  async #call<T>(method: string, path: string, body: object | undefined, contentType: string, signal: AbortSignal | undefined): Promise<T> {
    const headers = { accept: "application/json", "content-type": contentType };
    const response = await this.#send({ method, path, headers }, body, withTimeout(requestTimeoutMs, signal));
    const text = await readBody(response);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return (text.startsWith("{") ? JSON.parse(text) : text) as T;
    const { message, reason } = describeFailure(text);
    throw new ApiError(status, reason, `${method} ${path.split("?")[0]}`, message);
  }

  #send(options: RequestOptions, body: object | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = request(this.#url, { ...options, agent: this.#agent, signal }, resolve);
      sent.once("error", reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

async function readBody(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    text += String(chunk);
    if (text.length > responseLimitBytes) throw new RegionError("api", `the API server's answer is larger than ${responseLimitBytes} bytes`);
  }
  return text;
}

/** Message and reason of a `Status` object, or the text itself. */
function describeFailure(text: string): { message: string; reason: string } {
  try {
    const status = JSON.parse(text) as { message?: string; reason?: string };
    return { message: status.message ?? text, reason: status.reason ?? "" };
  } catch {
    return { message: text.trim(), reason: "" };
  }
}
