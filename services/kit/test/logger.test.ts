import assert from "node:assert/strict";
import { capturingLogger } from "./support/capturing-logger";

const SECRET = "s3cr3t-value";

describe("logger", () => {
  it("writes one JSON object a line, with service, region and a level by name", () => {
    const { logger, lines } = capturingLogger();
    logger.warn({ port: 8080 }, "started");
    const [line] = lines();
    assert.equal(lines().length, 1);
    assert.deepEqual([line?.["level"], line?.["service"], line?.["version"], line?.["region"], line?.["port"], line?.["msg"]], ["warn", "sample", "1.2.3", "test", 8080, "started"]);
    assert.ok(!Number.isNaN(Date.parse(String(line?.["time"]))));
  });

  it("never writes what goes by the name of a secret", () => {
    const { logger, text } = capturingLogger();
    logger.info({ password: SECRET, token: SECRET, config: { apiKey: SECRET, privateKey: SECRET }, request: { headers: { authorization: SECRET, cookie: SECRET } } }, "x");
    logger.child({ secret: SECRET }).info("y");
    logger.info({ headers: { "x-api-key": SECRET, "set-cookie": SECRET } }, "z");
    assert.equal(text().split("\n").filter((line) => line !== "").length, 3);
    assert.ok(!text().includes(SECRET), text());
    assert.match(text(), /\[redacted\]/);
  });

  it("writes the causes of an error", () => {
    const { logger, text } = capturingLogger();
    logger.error({ err: new Error("outer", { cause: new Error("inner") }) }, "failed");
    assert.match(text(), /outer/);
    assert.match(text(), /inner/);
  });
});
