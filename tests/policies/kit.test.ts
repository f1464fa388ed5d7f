import assert from "node:assert/strict";
import { assertNotJudged, assertNoViolation, assertViolation } from "../../policies/kit/assert-violation";
import { unknown } from "../../policies/kit/examples";
import type { ExampleResource } from "../../policies/kit/examples";
import { judge } from "../../policies/kit/judge";
import { exampleUrn, runExample } from "../../policies/kit/run-example";
import type { Policy } from "../../policies/kit/run-example";

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

  it("does not take a rule's own error for an unknown value", async () => {
    const broken: Policy = {
      ...badProperties,
      validateResource: (_args, reportViolation) => judge(reportViolation, (check) => check(() => { throw new RangeError("broken rule"); })),
    };
    await assert.rejects(runExample(broken, { title: "broken", resource: resource({}) }), /broken rule/);
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
