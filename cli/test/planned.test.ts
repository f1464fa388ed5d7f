import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { services } from "../../services";
import { sample } from "../../services/kit/test/support/sample";
import { askedRoutes, plannedRoutes, renderPlanned } from "../planned";

describe("routes that are not built", () => {
  it("are listed from the contracts, with how often they were called", () => {
    const built = { ...sample, name: "built", routes: { listThings: sample.routes.listThings } };
    const planned = plannedRoutes([sample, built], new Map([["sample", 3]]));
    assert.deepEqual(planned, [{ service: "sample", routes: ["POST /api/v1/things/{id}/move"], asked: 3 }]);
    assert.match(renderPlanned(planned).join("\n"), /1 routes answer 501[\s\S]*sample +3 +POST \/api\/v1\/things\/\{id\}\/move/);
    assert.deepEqual(renderPlanned([]), []);
  });

  it("say that nobody could count, in the place of zero", () => {
    assert.match(renderPlanned(plannedRoutes([sample], new Map())).join("\n"), /sample +\? +POST/);
  });

  it("are all routes of the platform with that status", () => {
    const wanted = services.flatMap(({ contract }) => Object.values(contract.routes).filter(({ status }) => status === "planned"));
    assert.equal(plannedRoutes(services.map(({ contract }) => contract), new Map()).flatMap(({ routes }) => routes).length, wanted.length);
  });

  it("are counted by the monitoring service; what it does not know is not there", async () => {
    const body = JSON.stringify({ services: [{ name: "agent", planned501: 2 }, { name: "memory", planned501: null }], agents: null });
    const server = createServer((_request, response) => void response.setHeader("content-type", "application/json").end(body)).listen(0, "127.0.0.1");
    try {
      await new Promise((resolve) => server.once("listening", resolve));
      const { port } = server.address() as AddressInfo;
      assert.deepEqual([...(await askedRoutes(`http://127.0.0.1:${port}`))], [["agent", 2]]);
    } finally {
      server.close();
    }
    assert.equal((await askedRoutes(undefined)).size, 0);
  });
});
