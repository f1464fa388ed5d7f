import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakePrometheus {
  readonly url: string;
  /** Series by expression; each is a value by job. An expression that is not here has no series. */
  readonly answers: Map<string, Readonly<Record<string, number | string>>>;
  readonly alerts: object[];
  /** Expressions it was asked for. */
  readonly asked: Set<string>;
  /** Parts of expressions that are answered with 500. */
  readonly failing: Set<string>;
  readonly stop: () => Promise<void>;
}

/** Answers queries as Prometheus does, from a table. */
export async function startFakePrometheus(): Promise<FakePrometheus> {
  const answers: FakePrometheus["answers"] = new Map();
  const alerts: object[] = [];
  const [asked, failing] = [new Set<string>(), new Set<string>()];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://localhost");
    const send = (status: number, body: object): void => void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (url.pathname === "/api/v1/alerts") return send(200, { status: "success", data: { alerts } });
    const expression = url.searchParams.get("query") ?? "";
    asked.add(expression);
    if ([...failing].some((part) => expression.includes(part))) return send(500, { status: "error", errorType: "internal", error: "broken" });
    const result = Object.entries(answers.get(expression) ?? {}).map(([job, value]) => ({ metric: { job }, value: [1_764_014_400.123, String(value)] }));
    send(200, { status: "success", data: { resultType: "vector", result } });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, answers, alerts, asked, failing, stop };
}
