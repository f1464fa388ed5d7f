import assert from "node:assert/strict";
import { ConfigError } from "../../kit/src";
import { testContext } from "../../kit/test/support/context";
import { contract } from "../contract";
import { createMemoryService } from "../src/service";

describe("memory contract", () => {
  it("refuses a dimension that no index takes", async () => {
    for (const embeddingDimension of [0, 2_001]) {
      const context = testContext(contract, { handles: { postgres: {}, redis: {} }, settings: { embeddingDimension } });
      assert.throws(() => createMemoryService(context), (error: unknown) => error instanceof ConfigError && /MEMORY_EMBEDDING_DIMENSION/.test(error.message));
      await context.telemetry.shutdown();
    }
  });
});
