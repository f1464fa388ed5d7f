import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COLLECTOR_PORTS, collectorConfiguration } from "../../../components/observability/collector";
import { answering, freePorts } from "./loopback";

/** A real collector on loopback, with the configuration of a region but for its ports, and a store that it hands spans to. */
export interface RunningCollector {
  readonly healthUrl: string;
  readonly metricsUrl: string;
  readonly otlp: { readonly traces: string; readonly metrics: string };
  /** Body of the first request that the store gets. */
  readonly received: Promise<string>;
  readonly stop: () => Promise<void>;
}

export async function startCollector(binary: string, memoryLimitBytes: number): Promise<RunningCollector> {
  const directory = mkdtempSync(join(tmpdir(), "collector-run-"));
  const [otlp, metrics, health] = await freePorts(3);
  const { store, url, received } = await startStore();
  const configuration = JSON.stringify(collectorConfiguration({ tracesUrl: url, exportUrl: undefined, exportRatio: 1, memoryLimitBytes }))
    .replaceAll("0.0.0.0", "127.0.0.1")
    .replace(`:${COLLECTOR_PORTS.otlp}"`, `:${otlp}"`)
    .replace(`:${COLLECTOR_PORTS.health}"`, `:${health}"`)
    .replace(`"port":${COLLECTOR_PORTS.metrics}`, `"port":${metrics}`);
  writeFileSync(join(directory, "collector.json"), configuration);
  const child = spawn(binary, [`--config=${join(directory, "collector.json")}`], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "close");
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
    store.closeAllConnections();
    await new Promise((resolve) => store.close(resolve));
    rmSync(directory, { recursive: true });
  };
  const healthUrl = `http://127.0.0.1:${health}/`;
  try {
    await answering(healthUrl, () => child.exitCode);
  } catch (error) {
    await stop();
    throw new Error(`the collector did not start:\n${log}`, { cause: error });
  }
  const base = `http://127.0.0.1:${otlp}/v1`;
  return { healthUrl, metricsUrl: `http://127.0.0.1:${metrics}/metrics`, otlp: { traces: `${base}/traces`, metrics: `${base}/metrics` }, received, stop };
}

async function startStore(): Promise<{ store: Server; url: string; received: Promise<string> }> {
  const store = createServer();
  const received = new Promise<string>((resolve) => {
    store.on("request", (request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        resolve(body);
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
      });
    });
  });
  store.listen(0, "127.0.0.1");
  await once(store, "listening");
  return { store, url: `http://127.0.0.1:${(store.address() as AddressInfo).port}/v1/traces`, received };
}
