import { randomBytes } from "node:crypto";
import type { KubernetesClient } from "../kubernetes/client";
import type { KubernetesObject } from "../kubernetes/object";

/** Tells users about their objects where they look: in `kubectl describe`. Says each thing once per object. */
export class EventTeller {
  readonly #told = new Map<string, string>();

  constructor(readonly client: KubernetesClient, readonly component: string) {}

  async warn(about: KubernetesObject, reason: string, message: string, signal?: AbortSignal): Promise<void> {
    const { name, namespace, uid } = about.metadata;
    const key = uid ?? `${namespace ?? ""}/${name}`;
    if (this.#told.get(key) === message) return;
    this.#told.set(key, message);
    const now = new Date().toISOString();
    await this.client.create({
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `${name}.${randomBytes(6).toString("hex")}`, namespace: namespace ?? "default" },
      involvedObject: { apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid },
      reason,
      message,
      type: "Warning",
      source: { component: this.component },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    }, signal);
  }

  /** What was said of an object no longer holds. */
  forget(about: KubernetesObject): void {
    this.#told.delete(about.metadata.uid ?? `${about.metadata.namespace ?? ""}/${about.metadata.name}`);
  }
}
