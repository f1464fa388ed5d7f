import assert from "node:assert/strict";
import { newId } from "../../kit/src/uuid";
import { consensusKey, openKey } from "../src/keys";
import type { ConsensusRecord } from "../src/consensus";
import { startRig } from "./support/rig";
import type { Answered, Rig, Send } from "./support/rig";

const CONSENSUS = "/api/v1/coordination/consensus";
const VOTES = 200;

describe("consensus, on a real etcd", () => {
  let rig: Rig;
  let send: Send;

  before(async function () {
    const started = await startRig();
    if (started === undefined) this.skip();
    rig = started;
    send = rig.send;
  });
  after(() => rig?.stop());

  const newTeam = async (size: number): Promise<{ readonly id: string; readonly members: readonly string[] }> => {
    const members = await Promise.all(Array.from({ length: size }, () => rig.newAgent()));
    return { id: (await send("POST", "/api/v1/teams", { name: "voters", members })).body.id, members };
  };
  const ask = (teamId: string, rule = "majority", deadlineSeconds = 60): Promise<Answered> =>
    send("POST", CONSENSUS, { teamId, topic: "tea or coffee?", options: ["tea", "coffee"], rule, deadlineSeconds });
  const vote = (id: string, agentId: string, option: string, to: Send = send): Promise<Answered> => to("POST", `${CONSENSUS}/${id}/votes`, { agentId, option });

  it("is open until one option has enough, then decided and closed", async () => {
    const { id: team, members: [a = "", b = "", c = ""] } = await newTeam(3);
    const asked = await ask(team);
    assert.deepEqual([asked.status, asked.body["state"], asked.body["voters"], asked.body["tally"]], [201, "open", 3, { tea: 0, coffee: 0 }]);
    const { id } = asked.body;
    assert.equal((await vote(id, a, "coffee")).body["state"], "open");
    assert.deepEqual((await vote(id, a, "tea")).body["tally"], { tea: 1, coffee: 0 });
    const decided = await vote(id, b, "tea");
    assert.deepEqual([decided.status, decided.body["state"], decided.body["decision"], decided.body["voted"]], [200, "decided", "tea", 2]);
    assert.deepEqual((await send("GET", asked.headers.get("location") ?? "")).body, decided.body);
    const late = await vote(id, c, "coffee");
    assert.deepEqual([late.status, late.body.code, late.body["state"]], [409, "consensus-closed", "decided"]);
    assert.deepEqual((await vote(id, b, "tea")).body, decided.body, "the answer to the deciding vote can be asked for again");
  });

  it("is tied when all have voted and none has enough", async () => {
    const { id: team, members: [a = "", b = ""] } = await newTeam(2);
    const { id } = (await ask(team, "unanimous")).body;
    await vote(id, a, "tea");
    assert.equal((await vote(id, b, "coffee")).body["state"], "tied");
    assert.equal((await send("GET", `${CONSENSUS}/${id}`)).body["state"], "tied");
  });

  it("expires by the clock of the store, and takes no vote after that", async () => {
    const { id: team, members: [a = ""] } = await newTeam(2);
    const { id } = (await ask(team)).body;
    const open = await rig.client.get(openKey(id));
    assert.ok(open !== undefined && open.lease !== 0n, "the deadline is a lease of the store");
    await rig.client.revokeLease(open.lease);
    assert.equal((await send("GET", `${CONSENSUS}/${id}`)).body["state"], "expired");
    const late = await vote(id, a, "tea");
    assert.deepEqual([late.status, late.body["state"]], [409, "expired"]);
    assert.notEqual((await rig.client.get(consensusKey(id)))?.lease, 0n, "and the record goes by itself some day");
  });

  it("is between those who were in the team when it was asked", async () => {
    const { id: team, members: [a = "", b = ""] } = await newTeam(2);
    const { id } = (await ask(team, "unanimous")).body;
    const newcomer = await rig.newAgent();
    await send("PUT", `/api/v1/teams/${team}/members`, { members: [newcomer] });
    assert.deepEqual([(await vote(id, newcomer, "tea")).status, (await vote(id, newcomer, "tea")).body.code], [422, "not-a-voter"]);
    await send("DELETE", `/api/v1/teams/${team}`);
    await vote(id, a, "tea");
    assert.equal((await vote(id, b, "tea")).body["state"], "decided");
  });

  it("refuses unknown teams, options and questions, and what the schema does not know", async () => {
    const { id: team, members: [a = ""] } = await newTeam(1);
    assert.deepEqual([(await ask(newId())).status, (await ask(newId())).body.code], [422, "unknown-team"]);
    const { id } = (await ask(team)).body;
    const unknown = await vote(id, a, "water");
    assert.deepEqual([unknown.status, unknown.body.code, unknown.body["options"]], [422, "unknown-option", ["tea", "coffee"]]);
    assert.equal((await vote(newId(), a, "tea")).status, 404);
    const wrong = await send("POST", CONSENSUS, { teamId: team, topic: "?", options: ["one"], rule: "loudest", deadlineSeconds: 1 });
    assert.deepEqual(wrong.body.violations?.map(({ pointer }) => pointer).sort(), ["/deadlineSeconds", "/options", "/rule"]);
  });

  it("makes one decision of two hundred votes at once over two replicas, and loses none that it acknowledged", async () => {
    const { id: team, members } = await newTeam(60);
    const { id } = (await ask(team, "two-thirds")).body;
    const wishes = Array.from({ length: VOTES }, (_, index) => ({ agentId: members[index % members.length] ?? "", option: index % 3 === 0 ? "coffee" : "tea" }));
    const answers = await Promise.all(wishes.map(({ agentId, option }, index) => vote(id, agentId, option, index % 2 === 0 ? send : rig.sendToOther)));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))].filter((status) => ![200, 409].includes(status)), []);
    const counted = answers.filter(({ status }) => status === 200).map(({ body }) => body);
    const decisions = new Set(counted.map((body) => body["decision"]).filter((decision) => decision !== undefined));
    const decidedAt = new Set(counted.map((body) => body["decidedAt"]).filter((at) => at !== undefined));
    assert.ok(decisions.size <= 1 && decidedAt.size <= 1, `${decisions.size} decisions at ${decidedAt.size} times`);
    // Each revision counts one vote more or one changed, never two acknowledged ones under one revision with other tallies.
    const tallies = new Map(counted.map((body) => [body["revision"], JSON.stringify(body["tally"])]));
    for (const body of counted) assert.equal(tallies.get(body["revision"]), JSON.stringify(body["tally"]));
    const last = [...counted].sort((one, two) => Number(two["revision"]) - Number(one["revision"]))[0];
    const stored = JSON.parse((await rig.client.get(consensusKey(id)))?.value ?? "{}") as ConsensusRecord;
    const final = (await send("GET", `${CONSENSUS}/${id}`)).body;
    assert.deepEqual(final, last, "the last acknowledged vote is what is stored");
    // The last acknowledged vote of each agent counts.
    for (const [index, { agentId, option }] of wishes.entries()) {
      if (answers[index]?.status !== 200 || stored.votes[agentId] === option) continue;
      const mine = wishes.map((wish, at) => ({ ...wish, body: answers[at] })).filter((wish) => wish.agentId === agentId && wish.body?.status === 200);
      const later = mine.some((wish) => wish.option === stored.votes[agentId]);
      assert.ok(later, `the vote of ${agentId} was lost`);
    }
  });

  it("is decided by exactly one of many deciding votes", async () => {
    const { id: team, members } = await newTeam(40);
    const { id } = (await ask(team)).body;
    const answers = await Promise.all(members.map((agentId, index) => vote(id, agentId, "tea", index % 2 === 0 ? send : rig.sendToOther)));
    const decided = answers.filter(({ status, body }) => status === 200 && body["state"] === "decided");
    assert.equal(decided.length, 1, "all later ones were told that it is closed");
    assert.deepEqual([decided[0]?.body["tally"], answers.filter(({ status }) => status === 409).length], [{ tea: 21, coffee: 0 }, members.length - 21]);
  });
});
