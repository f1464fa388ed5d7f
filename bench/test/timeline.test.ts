import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { phasesOf, Timeline } from "../timeline";

const line = (event: object): string => `${JSON.stringify({ sequence: 0, timestamp: 0, ...event })}\n`;

describe("the timeline of an engine run", () => {
  it("takes the first and the last event of a resource, from a log that is read in pieces", () => {
    const timeline = new Timeline();
    const whole = line({ resourcePreEvent: { metadata: {} } });
    timeline.add(line({ preludeEvent: { config: {} } }), 100);
    timeline.add(whole.slice(0, 10), 200);
    timeline.add(whole.slice(10), 300);
    timeline.add(line({ resourcePreEvent: { metadata: {} } }), 400);
    timeline.add(line({ resOutputsEvent: { metadata: {} } }), 900);
    timeline.add(line({ summaryEvent: { resourceChanges: { create: 2, same: 3 } } }), 950);
    assert.deepEqual(timeline.milestones(50, 1000), { programMs: 50, firstResourceMs: 300, lastResourceMs: 900, endMs: 1000 });
    assert.equal(timeline.resources, 5);
  });

  it("has no event after the end", () => {
    const timeline = new Timeline();
    timeline.add(line({ resourcePreEvent: { metadata: {} } }), 1010);
    assert.equal(timeline.milestones(50, 1000).lastResourceMs, 1000);
  });

  it("is an error where no resource was seen", () => {
    assert.throws(() => new Timeline().milestones(1, 2), /no resource/);
  });

  it("falls into phases that together are all of the run", () => {
    const phases = phasesOf({ programMs: 50, firstResourceMs: 300, lastResourceMs: 900, endMs: 1000 });
    assert.deepEqual(phases, { engineStartMs: 50, programStartMs: 250, resourcesMs: 600, closingMs: 100 });
  });
});
