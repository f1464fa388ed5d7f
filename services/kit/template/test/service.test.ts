import assert from "node:assert/strict";
import type { RunningService } from "../../src";
import { serveTest, testContext } from "../../test/support/context";
import { contract } from "../contract";
import { createTemplateService } from "../src/service";

describe("template-service", () => {
  let service: RunningService;
  before(async () => {
    service = await serveTest(testContext(contract, { handles: {}, settings: { word: "Good day" } }), createTemplateService);
  });
  after(() => service.stop());

  const send = (method: string, path: string): Promise<Response> => fetch(`http://127.0.0.1:${service.port}${path}`, { method });

  it("greets", async () => {
    const response = await send("GET", "/api/v1/template-service/greetings/Ada");
    assert.deepEqual([response.status, await response.json()], [200, { greeting: "Good day, Ada", region: "test" }]);
  });

  it("answers 501 for what it does not do yet", async () => {
    assert.equal((await send("PUT", "/api/v1/template-service/greetings/Ada")).status, 501);
  });
});
