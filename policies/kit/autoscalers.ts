import { specOf } from "./stack-objects";
import type { StackObject } from "./stack-objects";

/** Something that sets the replicas of a workload. */
export interface Autoscaler extends StackObject {
  /** Fewest replicas it goes down to. */
  readonly minReplicas: () => number;
  /** @throws the library's error when the target's name is not known yet. */
  readonly target: () => Target;
}

export interface Target {
  readonly kind: string;
  readonly name: string;
  /** Kind, name and place: equal for two autoscalers of one workload. */
  readonly key: string;
}

interface AutoscalerSpec {
  readonly scaleTargetRef: { readonly kind?: string; readonly name?: string };
  readonly minReplicas: number;
  readonly minReplicaCount: number;
}

const horizontalDefaultMin = 1;
const kedaDefaultMin = 0;
const kedaDefaultKind = "Deployment";

/** HorizontalPodAutoscalers, and KEDA's ScaledObjects, each of which makes one of its own. */
export function autoscalersOf(objects: readonly StackObject[]): Autoscaler[] {
  return objects.flatMap((object): Autoscaler[] => {
    const isKeda = object.group === "keda.sh" && object.kind === "ScaledObject";
    if (!isKeda && !(object.group === "autoscaling" && object.kind === "HorizontalPodAutoscaler")) return [];
    const spec = (): Partial<AutoscalerSpec> => specOf<AutoscalerSpec>(object);
    return [{
      ...object,
      minReplicas: () => (isKeda ? (spec().minReplicaCount ?? kedaDefaultMin) : (spec().minReplicas ?? horizontalDefaultMin)),
      target: () => {
        const { kind = isKeda ? kedaDefaultKind : "", name = "" } = spec().scaleTargetRef ?? {};
        return { kind, name, key: `${object.place()} ${kind} ${name}` };
      },
    }];
  });
}

/** True when the autoscaler sets the replicas of the object. */
export function scales(autoscaler: Autoscaler, object: StackObject): boolean {
  const { kind } = autoscaler.target();
  return kind === object.kind && autoscaler.target().key === `${object.place()} ${object.kind} ${object.props.metadata?.name ?? ""}`;
}

