import assert from "node:assert/strict";
import { openStores } from "../src/stores";
import { quietTelemetry, silentLogger } from "./support/context";
import { freePorts } from "./support/etcd-server";
import { sample } from "./support/sample";

describe("stores of a service", () => {
  it("degrade it when Redis is gone, and do not stop it", async () => {
    const [port = 0] = await freePorts(1);
    const access = { redis: { host: "127.0.0.1", port, user: "sample", passwordFile: __filename, caFile: __filename } };
    const telemetry = quietTelemetry(sample);
    const stores = openStores({ contract: { ...sample, needs: ["redis"] }, access, env: {}, telemetry, logger: silentLogger(sample) });
    try {
      assert.deepEqual(stores.dependencies.map(({ name, effect }) => [name, effect]), [["redis", "degrades"]]);
      await assert.rejects(async () => stores.dependencies[0]?.check(AbortSignal.timeout(1_000)));
    } finally {
      await stores.close();
      await telemetry.shutdown();
    }
  });
});
