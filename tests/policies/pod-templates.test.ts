import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { policy } from "../../policies/baseline/rules/forbid-floating-images";
import { podSpecPaths } from "../../policies/kit/pod-templates";
import { runExample } from "../../policies/kit/run-example";
import { sampleContainer, sampleTemplate } from "../../policies/kit/sample-pods";

const spoiled = sampleTemplate({ containers: [sampleContainer({ image: "nginx" })] }).spec;

/** Puts the pod's spec where the kind keeps it. */
function propsOf(kind: string): Record<string, unknown> {
  return (podSpecPaths[kind] ?? []).reduceRight<Record<string, unknown>>((inner, step) => ({ [step]: inner }), spoiled);
}

function run(type: string, props: Record<string, unknown>) {
  return runExample(policy, { title: type, resource: { type, name: "sample", props } });
}

/** Interfaces of the SDK's published inputs, by name, with the text of their members. */
function sdkInputs(): Map<string, string> {
  const folder = dirname(require.resolve("@pulumi/kubernetes/package.json"));
  const text = readFileSync(join(folder, "types/input.d.ts"), "utf8");
  const found = new Map<string, string>();
  for (const [, name = "", body = ""] of text.matchAll(/^ +(?:export )?interface (\w+) \{\n(.*?)^ +\}$/gms)) {
    found.set(name, (found.get(name) ?? "") + body);
  }
  return found;
}

describe("kinds that start pods", () => {
  it("are those whose inputs hold a pod in the provider's SDK", () => {
    const inputs = sdkInputs();
    const holds = (name: string, seen: readonly string[] = []): boolean =>
      [...(inputs.get(name) ?? "").matchAll(/\binputs\.\w+\.\w+\.(\w+)>/g)].some(([, next = ""]) =>
        next === "PodSpec" || (!seen.includes(next) && holds(next, [...seen, name])));
    // A kind, not one of its parts: its members name its own kind.
    const kinds = [...inputs].filter(([name, body]) => /\bkind\?: pulumi\.Input<"/.test(body) && holds(name)).map(([name]) => name);
    assert.deepEqual(kinds.sort(), Object.keys(podSpecPaths).sort());
  });

  const groups: Record<string, string> = { Pod: "core/v1", PodTemplate: "core/v1", ReplicationController: "core/v1", Job: "batch/v1", CronJob: "batch/v1" };
  for (const kind of Object.keys(podSpecPaths)) {
    const type = `kubernetes:${groups[kind] ?? "apps/v1"}:${kind}`;
    const path = `${podSpecPaths[kind]?.join(".")}.containers[0].image`;

    it(`${kind}, its patch and its list are judged`, async () => {
      const plain = await run(type, propsOf(kind));
      const patch = await run(`${type}Patch`, propsOf(kind));
      const list = await run(`${type}List`, { items: [propsOf(kind), propsOf(kind)] });
      const starts = ({ violations }: typeof plain) => violations.map(({ message }) => message.split(" ")[0]);
      assert.deepEqual(starts(plain), [path]);
      assert.deepEqual(starts(patch), [path]);
      assert.deepEqual(starts(list), [`items[0].${path}`, `items[1].${path}`]);
    });

    it(`${kind} without a pod is a violation, its patch is not`, async () => {
      assert.match((await run(type, {})).violations[0]?.message ?? "", /is missing: without it nothing can be judged/);
      assert.deepEqual((await run(`${type}Patch`, {})).violations, []);
    });
  }

  it("old versions of the API are judged too", async () => {
    assert.equal((await run("kubernetes:extensions/v1beta1:Deployment", propsOf("Deployment"))).violations.length, 1);
  });

  it("anything else is not applicable", async () => {
    for (const type of ["kubernetes:core/v1:Service", "kubernetes:batch.example/v1:Job", "aws:batch/job:Job", "pulumi:pulumi:Stack"]) {
      const { violations, notApplicable } = await run(type, propsOf("Job"));
      assert.deepEqual(violations, []);
      assert.equal(notApplicable, "the resource starts no pods");
    }
  });
});
