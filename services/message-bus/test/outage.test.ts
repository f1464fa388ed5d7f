import assert from "node:assert/strict";
import { newId } from "../../kit/src/uuid";
import { startRig } from "./support/service";
import type { Rig } from "./support/service";

describe("message bus while etcd is down", function () {
  this.timeout(40_000);
  let rig: Rig;

  before(async function () {
    const started = await startRig();
    if (started === undefined) this.skip();
    rig = started;
  });
  after(() => rig?.stop());

  it("answers 503 with Retry-After to everything, and loses nothing that it acknowledged", async () => {
    const { api, etcd } = rig;
    const agent = newId();
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) ids.push((await api.send(agent)).body.id);
    await api.publish("test.outage");
    await etcd.kill(0);
    const refused = await Promise.all([api.send(agent), api.receive(agent), api.ack(agent, ["x"]), api.dead(agent), api.publish("test.outage", { id: "2" }), api.read("test.outage")]);
    assert.deepEqual(refused.map(({ status }) => status), refused.map(() => 503));
    for (const { headers } of refused) assert.equal(headers.get("retry-after"), "1");
    await etcd.restart(0);
    assert.deepEqual((await api.receive(agent)).body.messages.map(({ id }) => id), ids);
    assert.deepEqual((await api.read("test.outage")).body.events.map(({ offset }) => offset), [1]);
  });
});
