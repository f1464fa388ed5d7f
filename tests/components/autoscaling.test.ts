import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { HorizontalAutoscaler } from "../../components/autoscaling";
import type { AutoscalerArgs } from "../../components/autoscaling";
import { FaultsError } from "../../config";
import { register } from "../support/mocks";
import { SURROUNDINGS, surroundings } from "../support/surroundings";

const ARGS: AutoscalerArgs = {
  target: { apiVersion: "apps/v1", kind: "Deployment", name: "agent" },
  namespace: "agentic-flow",
  labels: { a: "b" },
  minReplicas: 3,
  maxReplicas: 50,
  signals: [
    { kind: "cpu", targetPercent: 70 },
    { kind: "memory", targetAverage: "200Mi" },
  ],
};

function scaler(args: AutoscalerArgs): HorizontalAutoscaler {
  const { cluster, namespace } = surroundings();
  return new HorizontalAutoscaler("agent", args, { provider: cluster.provider, deletedWith: namespace.resource });
}

describe("HorizontalAutoscaler", () => {
  it("follows every signal, up at once and down slowly", async () => {
    const { mocks, result } = await register(SURROUNDINGS + 2, () => scaler(ARGS));
    assert.deepEqual(mocks.only("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", "agent").inputs, {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "agent", namespace: "agentic-flow", labels: { a: "b" } },
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "agent" },
        minReplicas: 3,
        maxReplicas: 50,
        metrics: [
          { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } },
          { type: "Resource", resource: { name: "memory", target: { type: "AverageValue", averageValue: "200Mi" } } },
        ],
        behavior: {
          scaleUp: {
            stabilizationWindowSeconds: 0,
            selectPolicy: "Max",
            policies: [
              { type: "Percent", value: 100, periodSeconds: 15 },
              { type: "Pods", value: 4, periodSeconds: 15 },
            ],
          },
          scaleDown: {
            stabilizationWindowSeconds: 300,
            selectPolicy: "Max",
            policies: [
              { type: "Percent", value: 10, periodSeconds: 60 },
              { type: "Pods", value: 1, periodSeconds: 60 },
            ],
          },
        },
      },
    });
    assert.deepEqual([result.minReplicas, result.maxReplicas], [3, 50]);
  });

  it("refuses bounds that contradict each other and a lack of signals, all at once", async () => {
    await register(SURROUNDINGS + 1, () =>
      assert.throws(
        () => scaler({ ...ARGS, minReplicas: 0, maxReplicas: -1, signals: [] }),
        (error) =>
          error instanceof FaultsError &&
          error.faults.map((fault) => fault.property).join() === "minReplicas,maxReplicas,signals" &&
          error.message.startsWith("args of HorizontalAutoscaler 'agent'"),
      ),
    );
  });
});
