import assert from "node:assert/strict";
import type { ReportViolation } from "@pulumi/policy";
import { assertNotJudged, assertNoViolation, assertViolation } from "../../policies/kit/assert-violation";
import { unknown } from "../../policies/kit/examples";
import type { ExampleResource } from "../../policies/kit/examples";
import { judge, someCertain } from "../../policies/kit/judge";
import { exampleUrn, runExample } from "../../policies/kit/run-example";
import type { Policy } from "../../policies/kit/run-example";
import { runPack } from "../../policies/kit/run-pack";

/** Reports every property that is `"bad"`, in order of name. */
const badProperties: Policy = {
  name: "forbid-bad",
  description: "Nothing is bad.",
  validateResource: (args, reportViolation) =>
    judge(reportViolation, (check) => {
      for (const name of Object.keys(args.props).sort()) {
        check(() => (args.props[name] === "bad" ? `${name} is bad` : undefined));
      }
    }),
};

const resource = (props: Record<string, unknown>): ExampleResource => ({ type: "test:index:Thing", name: "thing", props });

describe("the kit that runs examples", () => {
  it("passes what the rule accepts and refuses the rest", async () => {
    await assertNoViolation(badProperties, { title: "good", resource: resource({ a: "good" }) });
    await assert.rejects(assertNoViolation(badProperties, { title: "one", resource: resource({ a: "bad" }) }), /should pass/);
    await assert.rejects(assertNoViolation(badProperties, { title: "one", resource: resource({ a: unknown }) }), /judged in full/);
  });

  it("wants exactly the expected messages", async () => {
    const two = { title: "two", resource: resource({ a: "bad", b: "bad" }) };
    await assertViolation(badProperties, { ...two, message: [/^a is bad$/, /^b is bad$/] });
    await assert.rejects(assertViolation(badProperties, { ...two, message: /^a is bad$/ }), /should report 1/);
    await assert.rejects(assertViolation(badProperties, { ...two, message: [/^a/, /^b/, /^c/] }), /should report 3/);
    await assert.rejects(assertViolation(badProperties, { ...two, message: [/^b/, /^a/] }), /'two' reported/);
    const half = { title: "half", resource: resource({ a: "bad", b: unknown }), message: [/^a/] };
    await assert.rejects(assertViolation(badProperties, half), /judged in full/);
    await assertNotJudged(badProperties, { ...half, notJudged: /\.b can't be known/ });
    await assert.rejects(assertNotJudged(badProperties, { ...half, notJudged: /\.c can't be known/ }));
    await assert.rejects(assertNotJudged(badProperties, { ...half, resource: resource({ a: "bad" }), notJudged: /./ }), /one line/);
  });

  it("names five values that were not judged and counts the others", async () => {
    const props = Object.fromEntries([..."abcdefgh"].map((name) => [name, unknown]));
    const { notJudged } = await runExample(badProperties, { title: "eight", resource: resource(props) });
    assert.match(notJudged[0] ?? "", /\.a can't.*\.e can't [^;]*; and 3 more$/);
  });

  it("takes a rule's own error for no verdict at all: it ends the run and names the rule", async () => {
    const fail = (reportViolation: ReportViolation): void => judge(reportViolation, (check) => check(() => { throw new RangeError("broken rule"); }));
    const broken: Policy = { ...badProperties, validateResource: (_args, reportViolation) => fail(reportViolation) };
    const named = /Error validating resource with policy 'forbid-bad'[\s\S]*RangeError: broken rule/;
    await assert.rejects(runExample(broken, { title: "broken", resource: resource({}) }), named);
    await assert.rejects(runPack([broken], [resource({})]), named);
    const brokenStack: Policy = { name: "forbid-bad", description: "Nothing is bad.", validateStack: (_args, reportViolation) => fail(reportViolation) };
    await assert.rejects(runExample(brokenStack, { title: "broken", stack: [] }), named);
    await assert.rejects(runPack([badProperties, brokenStack], [resource({})]), named);
  });

  it("gives a rule the settings of the example", async () => {
    const named: Policy = {
      ...badProperties,
      validateResource: (args, reportViolation) => reportViolation(args.getConfig<{ word: string }>().word),
    };
    await assertViolation(named, { title: "word", config: { word: "such" }, resource: resource({}), message: /^such$/ });
  });

  it("runs a whole pack and says which rule said what", async () => {
    const elsewhere: Policy = { ...badProperties, name: "forbid-other", validateResource: (args) => args.notApplicable("not here") };
    const whole: Policy = { name: "require-two", description: "Two.", validateStack: ({ resources }, report) => report(`${resources.length} there`) };
    const { violations, notJudged, applied } = await runPack([badProperties, elsewhere, whole], [resource({ a: "bad", b: unknown })]);
    assert.deepEqual(violations.map(({ rule, message }) => [rule, message.split("\n")[1]]), [["forbid-bad", "a is bad"], ["require-two", "1 there"]]);
    assert.deepEqual(notJudged.map(({ rule }) => rule), ["forbid-bad"]);
    assert.deepEqual([...applied], [["forbid-bad", 1], ["forbid-other", 0]]);
  });

  it("counts an item that cannot be judged only when no other matches", async () => {
    const some: Policy = {
      ...badProperties,
      validateResource: (args, reportViolation) =>
        judge(reportViolation, (check) => check(() => (someCertain(["a", "b"], (name) => args.props[name] === "bad") ? "one is bad" : undefined))),
    };
    await assertViolation(some, { title: "certain", resource: resource({ a: unknown, b: "bad" }), message: /^one is bad$/ });
    await assertNoViolation(some, { title: "none", resource: resource({ a: "good", b: "good" }) });
    await assertNotJudged(some, { title: "open", resource: resource({ a: unknown, b: "good" }), message: [], notJudged: /\.a can't/ });
  });

  it("refuses an example of the other form", async () => {
    await assert.rejects(runExample(badProperties, { title: "s", stack: [] }), /'s' of rule 'forbid-bad' needs a 'resource'/);
  });

  it("shows a stack rule what each property depends on", async () => {
    const joined: Policy = {
      name: "require-join",
      description: "Everything is joined.",
      validateStack: ({ resources }, reportViolation) => {
        for (const { propertyDependencies, urn } of resources) {
          reportViolation(propertyDependencies["zone"]?.map(({ name }) => name).join() ?? "none", urn);
        }
      },
    };
    const zone: ExampleResource = { ...resource({}), name: "zone" };
    const record: ExampleResource = { ...resource({}), name: "record", propertyDependencies: { zone: ["zone"] } };
    const { violations } = await runExample(joined, { title: "join", stack: [zone, record] });
    assert.deepEqual(violations, [{ message: "none", urn: exampleUrn(zone) }, { message: "zone", urn: exampleUrn(record) }]);

    const dangling = { ...record, propertyDependencies: { zone: ["nowhere"] } };
    await assert.rejects(runExample(joined, { title: "dangling", stack: [dangling] }), /'record' depends on 'nowhere'/);
  });
});
