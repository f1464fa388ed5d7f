import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { Edge, edgeBootstrap } from "../../components/edge";
import type { Upstream } from "../../components/edge";
import { virtualHost } from "../../components/edge/routes";
import { pathEntries, pathPattern } from "../../components/edge/upstream";
import { FaultsError } from "../../config";
import type { Sizing } from "../../config";
import { register, valueOf } from "../support/mocks";
import { IMAGE, SURROUNDINGS, surroundings } from "../support/surroundings";

const AGENT: Upstream = {
  name: "agent",
  host: "agent-pods.agentic-flow.svc",
  port: 8080,
  routes: [
    { method: "GET", path: "/api/v1/agents/{id}" },
    { method: "POST", path: "/api/v1/agents" },
    { method: "GET", path: "/api/v1/agents" },
    { method: "PUT", path: "/api/v1/agents/{id}/state" },
  ],
  requestBodyBytes: 65_536,
  requestTimeoutMs: 10_000,
  connections: 2_000,
};

const SIZING: Sizing = {
  minReplicas: 2,
  maxReplicas: 4,
  targetCpuPercent: 60,
  cpuRequest: "50m",
  memoryRequest: "64Mi",
  memoryLimit: "256Mi",
};

interface Route {
  readonly name: string;
  readonly match: { readonly path?: string; readonly prefix?: string; readonly safe_regex?: { regex: string }; readonly headers?: readonly { string_match: { safe_regex: { regex: string } } }[] };
  readonly route?: { readonly cluster: string; readonly timeout: string; readonly retry_policy: { retry_on: string; num_retries: number } };
  readonly direct_response?: { readonly status: number };
  readonly response_headers_to_add?: unknown;
  readonly typed_per_filter_config?: Readonly<Record<string, { buffer: unknown }>>;
}

const table = (upstreams: readonly Upstream[]) => virtualHost(upstreams)["routes"] as readonly Route[];

/** Where a request goes, by the rules of Envoy: the first route that matches path and method. */
function resolve(routes: readonly Route[], method: string, path: string): string {
  const found = routes.find(({ match }) => {
    const matches =
      match.path !== undefined ? match.path === path : match.prefix !== undefined ? path.startsWith(match.prefix) : new RegExp(`^(?:${match.safe_regex?.regex ?? ""})$`).test(path);
    return matches && (match.headers ?? []).every((header) => new RegExp(`^(?:${header.string_match.safe_regex.regex})$`).test(method));
  });
  return found?.route?.cluster ?? String(found?.direct_response?.status);
}

describe("routing table of the edge", () => {
  it("sends published routes to their service, other methods to 405 and everything else to 404", () => {
    const routes = table([AGENT]);
    const expected: [string, string, string][] = [
      ["GET", "/api/v1/agents", "agent"],
      ["POST", "/api/v1/agents", "agent"],
      ["DELETE", "/api/v1/agents", "405"],
      ["GET", "/api/v1/agents/7", "agent"],
      ["PUT", "/api/v1/agents/7/state", "agent"],
      ["GET", "/api/v1/agents/7/state", "405"],
      ["GET", "/api/v1/agents/", "404"],
      ["GET", "/api/v1/agents/7/other", "404"],
      ["GET", "/metrics", "404"],
      ["GET", "/", "404"],
    ];
    assert.deepEqual(
      expected.map(([method, path]) => [method, path, resolve(routes, method, path)]),
      expected,
    );
  });

  it("says on 405 what is allowed", () => {
    const refusal = table([AGENT]).find((route) => route.name === "405 /api/v1/agents");
    assert.deepEqual(refusal?.response_headers_to_add, [{ header: { key: "allow", value: "GET, POST" } }]);
  });

  it("repeats reads whenever no answer came, and writes only if they were never sent", () => {
    const policies = Object.fromEntries(table([AGENT]).filter((route) => route.route !== undefined).map((route) => [route.name, route.route]));
    assert.equal(policies["agent GET /api/v1/agents"]?.retry_policy.retry_on, "connect-failure,refused-stream,reset-before-request,reset,gateway-error");
    assert.equal(policies["agent POST /api/v1/agents"]?.retry_policy.retry_on, "connect-failure,refused-stream,reset-before-request");
    assert.equal(policies["agent PUT /api/v1/agents/{id}/state"]?.retry_policy.num_retries, 2);
  });

  it("takes time and body limits from the service, and leaves it time to answer first", () => {
    for (const route of table([AGENT]).filter((candidate) => candidate.route !== undefined)) {
      assert.equal(route.route?.timeout, "11s");
      assert.deepEqual(route.typed_per_filter_config?.["envoy.filters.http.buffer"]?.buffer, { max_request_bytes: 65_536 });
    }
  });

  it("puts exact paths before templates that would match them too", () => {
    const paths = pathEntries([
      { method: "GET", path: "/a/{x}" },
      { method: "GET", path: "/a/{x}/{y}" },
      { method: "GET", path: "/a/b" },
      { method: "PUT", path: "/a/{x}" },
    ]);
    assert.deepEqual(paths, [
      { path: "/a/b", methods: ["GET"] },
      { path: "/a/{x}", methods: ["GET", "PUT"] },
      { path: "/a/{x}/{y}", methods: ["GET"] },
    ]);
    assert.equal(pathPattern("/a.b/{x}/c"), "/a\\.b/[^/]+/c");
  });
});

describe("edgeBootstrap", () => {
  const bootstrap = edgeBootstrap("local", [AGENT], 8_000) as unknown as {
    admin: { address: { socket_address: { address: string } } };
    static_resources: { clusters: { name: string; circuit_breakers?: { thresholds: Record<string, unknown>[] } }[]; listeners: { name: string }[] };
  };
  const listener = (name: string): string => JSON.stringify(bootstrap.static_resources.listeners.find((candidate) => candidate.name === name));

  it("keeps Envoy's console inside the pod", () => assert.equal(bootstrap.admin.address.socket_address.address, "127.0.0.1"));

  it("caps what can pile up before a service", () => {
    const [thresholds] = bootstrap.static_resources.clusters.find((cluster) => cluster.name === "agent")?.circuit_breakers?.thresholds ?? [];
    assert.deepEqual(thresholds, {
      max_connections: 2_000,
      max_pending_requests: 1_024,
      max_requests: 2_000,
      retry_budget: { budget_percent: { value: 20 }, min_retry_concurrency: 3 },
      track_remaining: true,
    });
  });

  it("logs no query strings", () => {
    assert.ok(listener("http").includes("%PATH(NQ)%"));
    assert.ok(!listener("http").includes("REQ(:PATH)"));
  });

  it("holds back the answer to the drain for the whole drain", () => assert.ok(listener("ops").includes('"fixed_delay":"8s"')));

  it("is the same for the same upstreams", () => assert.deepEqual(edgeBootstrap("local", [AGENT], 8_000), bootstrap));
});

describe("Edge", () => {
  const edge = (upstreams: readonly Upstream[]) => new Edge("edge", { ...surroundings(), image: IMAGE, sizing: SIZING, upstreams });
  /** Component, ConfigMap, and an autoscaled workload of 9. */
  const EDGE = SURROUNDINGS + 11;

  it("is one autoscaled workload behind one address, with its configuration in an immutable ConfigMap", async () => {
    const { mocks, result } = await register(EDGE, () => edge([AGENT]));
    const config = mocks.only("kubernetes:core/v1:ConfigMap", "edge").inputs;
    assert.equal(config["immutable"], true);
    const file = (config["data"] as Record<string, string>)["envoy.json"] ?? "";
    assert.deepEqual(JSON.parse(file), edgeBootstrap("local", [AGENT], 8_000));
    const template = (mocks.only("kubernetes:apps/v1:Deployment", "edge").inputs["spec"] as { template: { spec: Record<string, unknown> } }).template.spec;
    assert.equal(template["terminationGracePeriodSeconds"], 20);
    assert.deepEqual(template["volumes"], [
      { name: "tmp", emptyDir: { sizeLimit: "64Mi" } },
      { name: "config", configMap: { name: "edge-suffix", defaultMode: 0o440 } },
    ]);
    const [container] = template["containers"] as Record<string, unknown>[];
    assert.deepEqual(container?.["args"], ["--config-path", "/etc/envoy/envoy.json", "--concurrency", "2", "--disable-hot-restart"]);
    assert.deepEqual(container?.["lifecycle"], { preStop: { httpGet: { path: "/drain", port: "ops" } } });
    assert.equal((mocks.only("kubernetes:core/v1:Service", "edge").inputs["spec"] as { type: string }).type, "LoadBalancer");
    const policy = mocks.only("kubernetes:networking.k8s.io/v1:NetworkPolicy", "edge").inputs["spec"] as Record<string, unknown>;
    assert.deepEqual(policy["ingress"], [{ ports: [{ protocol: "TCP", port: 8080 }] }]);
    assert.deepEqual(policy["egress"], [
      { to: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "agent" } } }], ports: [{ protocol: "TCP", port: 8080 }] },
    ]);
    assert.equal(await valueOf(result.address), "192.0.2.10");
  });

  it("refuses a route that two services publish, and a service that publishes none", async () => {
    const other = { ...AGENT, name: "other", routes: [{ method: "GET", path: "/api/v1/agents/{name}" }] };
    await register(SURROUNDINGS + 1, () =>
      assert.throws(
        () => edge([AGENT, other, { ...AGENT, name: "mute", routes: [] }]),
        (error) =>
          error instanceof FaultsError &&
          error.faults.length === 2 &&
          error.message.includes("is published by 'other' and by 'agent'") &&
          error.message.includes("must publish at least one route of 'mute'"),
      ),
    );
  });
});
