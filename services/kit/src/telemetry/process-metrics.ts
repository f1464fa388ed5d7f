import type { Meter } from "@opentelemetry/api";
import { monitorEventLoopDelay } from "node:perf_hooks";

const LOOP_SAMPLE_EVERY_MS = 10;
/** The percentile covers at least this much of the past. */
const LOOP_WINDOW_MS = 30_000;
const NS_PER_S = 1e9;
const US_PER_S = 1e6;

/** What the process uses: CPU, memory, and how long its event loop is held up. @returns how to end the measuring. */
export function measureProcess(meter: Meter): () => void {
  meter
    .createObservableCounter("process.cpu", { unit: "s", description: "CPU time this process has used, user and system" })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe((user + system) / US_PER_S);
    });
  meter
    .createObservableGauge("process.resident_memory", { unit: "By", description: "Memory of this process that is resident" })
    .addCallback((result) => result.observe(process.memoryUsage.rss()));
  const delays = monitorEventLoopDelay({ resolution: LOOP_SAMPLE_EVERY_MS });
  delays.enable();
  let windowFrom = performance.now();
  meter
    .createObservableGauge("nodejs.eventloop.delay.p99", { unit: "s", description: "99th percentile of the event loop's delay" })
    .addCallback((result) => {
      result.observe(delays.count === 0 ? 0 : delays.percentile(99) / NS_PER_S);
      // Several readers collect, so a reading must not be what starts the next window.
      if (performance.now() - windowFrom < LOOP_WINDOW_MS) return;
      windowFrom = performance.now();
      delays.reset();
    });
  return () => void delays.disable();
}
