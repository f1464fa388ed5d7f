import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { FaultCollector } from "../../config";
import type { Autoscaler, AutoscalerArgs, ScalingSignal } from "./autoscaler";

/** Load is answered within a control loop: double, or add four pods, whichever is more. */
const SCALE_UP = {
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: [
    { type: "Percent", value: 100, periodSeconds: 15 },
    { type: "Pods", value: 4, periodSeconds: 15 },
  ],
} as const;

/** Capacity is given back slowly: the next wave often follows within minutes. */
const SCALE_DOWN = {
  stabilizationWindowSeconds: 300,
  selectPolicy: "Max",
  policies: [
    { type: "Percent", value: 10, periodSeconds: 60 },
    { type: "Pods", value: 1, periodSeconds: 60 },
  ],
} as const;

/** `Autoscaler` on Kubernetes' own HorizontalPodAutoscaler (autoscaling/v2). */
export class HorizontalAutoscaler extends pulumi.ComponentResource implements Autoscaler {
  readonly minReplicas: number;
  readonly maxReplicas: number;

  constructor(name: string, args: AutoscalerArgs, opts: pulumi.ComponentResourceOptions & { readonly deletedWith: pulumi.Resource }) {
    super("agentic-flow:autoscaling:HorizontalAutoscaler", name, {}, opts);
    checkBounds(name, args);
    this.minReplicas = args.minReplicas;
    this.maxReplicas = args.maxReplicas;
    new k8s.autoscaling.v2.HorizontalPodAutoscaler(
      name,
      {
        metadata: { name: args.target.name, namespace: args.namespace, labels: args.labels },
        spec: {
          scaleTargetRef: args.target,
          minReplicas: args.minReplicas,
          maxReplicas: args.maxReplicas,
          metrics: args.signals.map(metric),
          behavior: { scaleUp: mutable(SCALE_UP), scaleDown: mutable(SCALE_DOWN) },
        },
      },
      { parent: this, deletedWith: opts.deletedWith },
    );
    this.registerOutputs({ minReplicas: this.minReplicas, maxReplicas: this.maxReplicas });
  }
}

function mutable(rules: typeof SCALE_UP | typeof SCALE_DOWN) {
  return { ...rules, policies: rules.policies.map((policy) => ({ ...policy })) };
}

function metric(signal: ScalingSignal): k8s.types.input.autoscaling.v2.MetricSpec {
  switch (signal.kind) {
    case "cpu":
      return {
        type: "Resource",
        resource: { name: "cpu", target: { type: "Utilization", averageUtilization: signal.targetPercent } },
      };
    case "memory":
      return { type: "Resource", resource: { name: "memory", target: { type: "AverageValue", averageValue: signal.targetAverage } } };
    default:
      return signal satisfies never;
  }
}

function checkBounds(name: string, args: AutoscalerArgs): void {
  const faults = new FaultCollector();
  const { minReplicas, maxReplicas, signals } = args;
  faults.require(Number.isInteger(minReplicas) && minReplicas >= 1, {
    property: "minReplicas",
    actual: minReplicas,
    rule: "must be a whole number of at least 1",
    wayOut: "raise it",
  });
  faults.require(Number.isInteger(maxReplicas) && maxReplicas >= minReplicas, {
    property: "maxReplicas",
    actual: maxReplicas,
    rule: `must be a whole number not less than 'minReplicas' (${minReplicas})`,
    wayOut: "raise it or lower 'minReplicas'",
  });
  faults.require(signals.length > 0, {
    property: "signals",
    actual: signals,
    rule: "must name at least one reason to scale",
    wayOut: "add { kind: \"cpu\", targetPercent: 70 }",
  });
  faults.throwIfAny(`args of HorizontalAutoscaler '${name}'`);
}
