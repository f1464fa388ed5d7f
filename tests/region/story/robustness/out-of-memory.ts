import assert from "node:assert/strict";
import { eventually } from "../../../support/cli";
import { NAMESPACE } from "../../support/region-under-test";
import type { RegionUnderTest } from "../../support/region-under-test";
import { podsOf } from "./workloads";

const SEEN_WITHIN_MS = 60_000;

/**
 * Runs beside the service's process, opens that one's debugger and lets it allocate until the kernel ends it. A process
 * that only shares the container's limit would not do: the kernel would choose it and not the service.
 */
const EXHAUST = `
  process.kill(1, "SIGUSR1");
  (async () => {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      await new Promise((wake) => setTimeout(wake, 100));
      const targets = await fetch("http://127.0.0.1:9229/json/list").then((response) => response.json(), () => []);
      if (targets.length === 0) continue;
      const socket = new WebSocket(targets[0].webSocketDebuggerUrl);
      await new Promise((open) => socket.addEventListener("open", open));
      socket.send(JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression: "globalThis.hog = []; setInterval(() => globalThis.hog.push(Buffer.alloc(8 << 20, 1)), 10)" } }));
      await new Promise(() => {});
    }
    console.error("no debugger answers"); process.exit(1);
  })()`;

/** Brings one pod of a service, which is a Node process, to its memory limit; gives what Kubernetes says of its end. */
export async function exhaustMemory(region: RegionUnderTest, service: string): Promise<string> {
  const [pod] = await podsOf(region, service);
  assert.ok(pod !== undefined, `${service} has no pod`);
  const { name, uid } = pod.metadata;
  // Its end is the end of the container, so how it exits says nothing.
  await region.command("kubectl", "exec", "-n", NAMESPACE, name, "--", "/usr/local/bin/node", "-e", EXHAUST);
  return eventually(`the end of ${name}`, SEEN_WITHIN_MS, async () => {
    const status = (await podsOf(region, service)).find(({ metadata }) => metadata.uid === uid)?.status.containerStatuses?.[0];
    const ended = status?.lastState?.terminated;
    return ended === undefined ? undefined : `${ended.reason ?? ""} ${ended.exitCode}`;
  });
}
