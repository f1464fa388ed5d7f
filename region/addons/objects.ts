import { readFileSync } from "node:fs";
import type { Layout } from "../directory";
import type { KubernetesObject, LateObject } from "../kubernetes/object";
import type { RegionSettings } from "../settings";
import { coredns } from "./coredns";
import { metricsApi, metricsServer } from "./metrics-server";
import { kubeRouterRights, kubeletClientRights, kwokRights } from "./rbac";
import { simulatedNodes } from "./simulated-nodes";
import { storageClass } from "./storage-class";
import { systemNamespaceObject } from "./workload";

/**
 * What a region holds before anything is deployed on it, in the order in which it is applied.
 *
 * @param here the region's directory as seen from this machine
 */
export function regionObjects(settings: RegionSettings, here: Layout): KubernetesObject[] {
  switch (settings.mode) {
    case "simulated":
      return [...kwokRights(), ...simulatedNodes(settings.name, settings.nodes), storageClass()];
    case "node": {
      const text = (file: string): string => readFileSync(here.pki(file), "utf8");
      const serving = { certificate: text("metrics-server.crt"), key: text("metrics-server.key") };
      return [
        ...kubeRouterRights(),
        ...kubeletClientRights(),
        systemNamespaceObject(),
        storageClass(),
        ...coredns(settings.images.coredns),
        ...metricsServer(settings.images.metricsServer, serving),
      ];
    }
  }
}

/** What a region gets once something of its own works. */
export function lateObjects(settings: RegionSettings, here: Layout): LateObject[] {
  return settings.mode === "node" ? [metricsApi(readFileSync(here.pki("cluster-ca.crt"), "utf8"))] : [];
}
