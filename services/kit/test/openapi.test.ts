import { Validator } from "@seriousme/openapi-schema-validator";
import assert from "node:assert/strict";
import { describeApi } from "../src/openapi";
import { ThingBody, sample } from "./support/sample";

describe("openapi", () => {
  const document = describeApi(sample);

  it("is a valid OpenAPI 3.1 document", async () => {
    const validator = new Validator();
    const result = await validator.validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>);
    assert.deepEqual(result.errors ?? [], []);
    assert.equal(result.valid, true);
    assert.equal(validator.version, "3.1");
  });

  it("has exactly the published routes", () => {
    const described = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    assert.deepEqual(described.sort(), Object.values(sample.routes).map(({ method, path }) => `${method} ${path}`).sort());
  });

  it("shows the schema that requests are checked against", () => {
    const put = document.paths["/api/v1/things/{id}"]?.["put"] as { requestBody: unknown; parameters: { name: string; in: string }[] };
    assert.deepEqual(put.requestBody, { required: true, content: { "application/json": { schema: ThingBody } } });
    assert.deepEqual(put.parameters.map(({ name, in: where }) => [name, where]), [["id", "path"]]);
  });

  it("says of a planned route that it is not built", () => {
    const move = document.paths["/api/v1/things/{id}/move"]?.["post"] as Record<string, object>;
    assert.deepEqual(Object.keys(move["responses"] ?? {}), ["501", "default"]);
  });
});
