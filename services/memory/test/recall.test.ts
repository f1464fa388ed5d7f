import assert from "node:assert/strict";
import { startRig } from "./support/rig";
import type { Replica, Rig } from "./support/rig";

const VECTORS = 2_000;
const DIMENSION = 64;
const QUERIES = 50;
const NEAREST = 10;

/** The same numbers in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = a.reduce((sum, each, index) => sum + each * (b[index] ?? 0), 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}

describe("recall of the vector search, on a real PostgreSQL", function () {
  this.timeout(120_000);
  let rig: Rig;
  let replica: Replica;
  const random = seeded(4);
  const vector = (): number[] => Array.from({ length: DIMENSION }, () => random() * 2 - 1);
  const vectors = Array.from({ length: VECTORS }, vector);

  before(async function () {
    const started = await startRig();
    if (started === undefined) this.skip();
    rig = started;
    replica = await rig.replica(DIMENSION);
    // Sets the dimension, as the first request does.
    await replica.send("PUT", "/a/items/v0", { value: 0, embedding: vectors[0] });
    await replica.postgres.query(
      `insert into item (agent_id, key, value, tags, embedding, revision, created_at, updated_at)
       select 'a', 'v' || (place - 1), to_jsonb(place), case when place % 100 = 1 then '{rare}'::text[] else '{}' end, text::vector, nextval('item_revision'), now(), now()
       from unnest($1::text[]) with ordinality as given (text, place) on conflict (agent_id, key) do update set tags = excluded.tags`,
      [vectors.map((each) => JSON.stringify(each))],
      { deadlineMs: 60_000 },
    );
    await replica.postgres.query("analyze item", [], { deadlineMs: 60_000 });
  });
  after(() => rig?.stop());

  async function found(embedding: readonly number[], more: object = {}): Promise<string[]> {
    const { status, body } = await replica.send("POST", "/query", { embedding, limit: NEAREST, ...more });
    assert.equal(status, 200, JSON.stringify(body));
    return (body["hits"] as { item: { key: string } }[]).map(({ item }) => item.key);
  }

  function exact(embedding: readonly number[], among: readonly number[]): string[] {
    const scored = among.map((index) => ({ key: `v${index}`, similarity: cosine(vectors[index] ?? [], embedding) }));
    return scored.sort((a, b) => b.similarity - a.similarity).slice(0, NEAREST).map(({ key }) => key);
  }

  it("uses the index", async () => {
    const { rows } = await replica.postgres.query<{ "QUERY PLAN": string }>(
      "explain select id from item where (expires_at is null or expires_at > now()) and embedding is not null order by embedding <=> $1::vector limit 200",
      [JSON.stringify(vector())],
    );
    assert.match(rows.map((row) => row["QUERY PLAN"]).join("\n"), /Index Scan using item_embedding/);
  });

  it("finds nine of ten of the nearest at least", async () => {
    let right = 0;
    for (let count = 0; count < QUERIES; count += 1) {
      const embedding = vector();
      const truth = new Set(exact(embedding, [...vectors.keys()]));
      right += (await found(embedding)).filter((key) => truth.has(key)).length;
    }
    const recall = right / (QUERIES * NEAREST);
    console.log(`      recall of ${NEAREST} among ${VECTORS} vectors of ${DIMENSION} random numbers, ${QUERIES} queries: ${recall.toFixed(3)}`);
    assert.ok(recall >= 0.9, String(recall));
  });

  it("finds ten behind a filter that one in a hundred passes", async () => {
    const embedding = vector();
    const truth = exact(embedding, [...vectors.keys()].filter((index) => index % 100 === 0));
    const keys = await found(embedding, { tags: ["rare"] });
    assert.equal(keys.length, NEAREST);
    assert.ok(keys.filter((key) => truth.includes(key)).length >= 9);
  });

  it("goes on in the index until it has enough that have not expired", async () => {
    const embedding = vector();
    const live = [...vectors.keys()].filter((index) => index % 50 === 1);
    await replica.postgres.transaction(async ({ query }) => {
      // The sweeper stays away.
      await query("select pg_advisory_xact_lock(hashtextextended('memory sweep', 0))");
      await replica.postgres.query("update item set expires_at = now() - interval '1 second' where not key = any($1)", [live.map((index) => `v${index}`)], { deadlineMs: 60_000 });
      const truth = exact(embedding, live);
      const keys = await found(embedding);
      assert.equal(keys.length, NEAREST);
      assert.ok(keys.filter((key) => truth.includes(key)).length >= 9);
    }, { deadlineMs: 60_000 });
  });
});
