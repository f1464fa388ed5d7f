// The engine's floor: as many resources as BENCH_RESOURCES says, of one trivial kind, with the provider settings of
// the measured stack. JavaScript, and nothing loaded but what it uses.
const { readFileSync } = require("node:fs");
const { ConfigMap, Namespace } = require("@pulumi/kubernetes/core/v1");
const { Provider } = require("@pulumi/kubernetes/provider");

/** The stack, the provider and the namespace count as well. */
const overhead = 3;

const settings = JSON.parse(readFileSync(process.env.BENCH_PROVIDER_SETTINGS, "utf8"));
const provider = new Provider("floor", settings);
const namespace = new Namespace("floor", { metadata: { name: "bench-floor" } }, { provider });
for (let index = 0; index < Number(process.env.BENCH_RESOURCES) - overhead; index += 1) {
  const name = `floor-${index}`;
  new ConfigMap(name, { metadata: { name, namespace: namespace.metadata.name }, data: { index: String(index) } }, { provider });
}
