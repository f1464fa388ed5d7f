import * as pulumi from "@pulumi/pulumi";
import { FaultCollector, FaultsError, isDnsLabel, parseQuantity } from "../../config";
import type { ServiceWorkloadArgs } from "./args";

const MAX_PORT_NAME_CHARACTERS = 15;
const MAX_PORT = 65_535;
/** Ports below need a capability that the restricted profile takes away. */
const FIRST_UNPRIVILEGED_PORT = 1_024;

/** @throws FaultsError that lists everything that is wrong with the arguments. */
export function checkArgs(name: string, args: ServiceWorkloadArgs): void {
  const faults = new FaultCollector();
  faults.require(isDnsLabel(name), {
    property: "name",
    actual: name,
    rule: "must be a DNS label of at most 63 characters",
    wayOut: "use lower-case letters, digits and inner dashes",
  });
  checkReplicas(args, faults);
  checkResources(args, faults);
  checkPorts(args, faults);
  checkProbes(args, faults);
  checkFiles(args, faults);
  faults.require(Number.isInteger(args.terminationGracePeriodSeconds) && args.terminationGracePeriodSeconds > 0, {
    property: "terminationGracePeriodSeconds",
    actual: args.terminationGracePeriodSeconds,
    rule: "must be a whole number above 0, or requests in flight are cut off",
    wayOut: "set how long the process takes to drain",
  });
  faults.require(args.publicPort === undefined || args.ports.some((port) => port.callers === "anybody"), {
    property: "publicPort",
    actual: args.publicPort,
    rule: "needs a port that anybody may call",
    wayOut: "give one of 'ports' the callers \"anybody\", or leave 'publicPort' out",
  });
  faults.throwIfAny(`args of ServiceWorkload '${name}'`);
}

/** The reference itself, once it is known to be pinned. */
export function pinnedImage(name: string, image: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.output(image).apply((reference) => {
    if (reference.includes("@sha256:")) return reference;
    throw new FaultsError(`args of ServiceWorkload '${name}'`, [
      { property: "image", actual: reference, rule: "must have a digest (name@sha256:...)", wayOut: "pin the image that was tested" },
    ]);
  });
}

function checkReplicas({ replicas, storage }: ServiceWorkloadArgs, faults: FaultCollector): void {
  switch (replicas.kind) {
    case "fixed":
      faults.require(Number.isInteger(replicas.count) && replicas.count >= 1, {
        property: "replicas.count",
        actual: replicas.count,
        rule: "must be a whole number of at least 1",
        wayOut: "raise it",
      });
      break;
    case "autoscaled":
      faults.require(replicas.min >= 1 && replicas.min <= replicas.max, {
        property: "replicas.min",
        actual: replicas.min,
        rule: `must be at least 1 and not greater than 'replicas.max' (${replicas.max})`,
        wayOut: "raise the one or lower the other",
      });
      faults.require(storage === undefined, {
        property: "storage",
        actual: storage,
        rule: "cannot be had by an autoscaled workload: replicas with data do not come and go",
        wayOut: "set 'replicas' to a fixed count",
      });
      break;
    default:
      replicas satisfies never;
  }
}

function checkResources({ resources }: ServiceWorkloadArgs, faults: FaultCollector): void {
  for (const [property, value] of Object.entries(resources) as [string, string][]) {
    faults.require((parseQuantity(value) ?? 0) > 0, {
      property: `resources.${property}`,
      actual: value,
      rule: "must be a Kubernetes quantity above zero",
      wayOut: "write it like 250m or 512Mi",
    });
  }
  faults.require((parseQuantity(resources.memoryRequest) ?? 0) <= (parseQuantity(resources.memoryLimit) ?? 0), {
    property: "resources.memoryRequest",
    actual: resources.memoryRequest,
    rule: `must not be greater than 'resources.memoryLimit' (${resources.memoryLimit})`,
    wayOut: "lower the one or raise the other",
  });
}

function checkPorts(args: ServiceWorkloadArgs, faults: FaultCollector): void {
  const names = args.ports.map((port) => port.name);
  const numbers = args.ports.map((port) => port.port);
  for (const [index, { name, port }] of args.ports.entries()) {
    faults.require(isDnsLabel(name) && name.length <= MAX_PORT_NAME_CHARACTERS && names.indexOf(name) === index, {
      property: `ports[${index}].name`,
      actual: name,
      rule: `must be a DNS label of at most ${MAX_PORT_NAME_CHARACTERS} characters that no other port has`,
      wayOut: "rename it",
    });
    faults.require(port >= FIRST_UNPRIVILEGED_PORT && port <= MAX_PORT && numbers.indexOf(port) === index, {
      property: `ports[${index}].port`,
      actual: port,
      rule: `must be from ${FIRST_UNPRIVILEGED_PORT} to ${MAX_PORT} and no other port's number`,
      wayOut: "choose another; a Service can still show it on a lower one",
    });
  }
}

/** Ports that are asked have to be there, and a program has to be named. */
function checkProbes(args: ServiceWorkloadArgs, faults: FaultCollector): void {
  const names = args.ports.map((port) => port.name);
  const checkPort = (property: string, name: string): void => {
    faults.require(names.includes(name), {
      property,
      actual: name,
      rule: `must be the name of one of 'ports' (${names.join(", ")})`,
      wayOut: "use one of them or add it",
    });
  };
  for (const [property, probe] of [["liveness", args.liveness], ["readiness", args.readiness]] as const) {
    if ("tcpPort" in probe) checkPort(`${property}.tcpPort`, probe.tcpPort);
    else if ("port" in probe) checkPort(`${property}.port`, probe.port);
    else {
      faults.require(probe.command.length > 0 && probe.command[0] !== "", {
        property: `${property}.command`,
        actual: probe.command,
        rule: "must name a program, or the probe can only fail",
        wayOut: "give the program and its arguments, each as an element",
      });
    }
  }
  if (args.preStop !== undefined) checkPort("preStop.port", args.preStop.port);
}

function checkFiles(args: ServiceWorkloadArgs, faults: FaultCollector): void {
  const mounts = [...(args.files ?? []), ...(args.storage === undefined ? [] : [{ ...args.storage, name: "data" }])];
  const paths = mounts.map((mount) => mount.mountPath);
  const names = mounts.map((mount) => mount.name);
  for (const [index, mount] of mounts.entries()) {
    faults.require(mount.mountPath.startsWith("/") && mount.mountPath !== "/tmp" && paths.indexOf(mount.mountPath) === index, {
      property: `files[${index}].mountPath`,
      actual: mount.mountPath,
      rule: "must be an absolute path that nothing else is mounted at (/tmp is)",
      wayOut: "choose another folder",
    });
    faults.require(isDnsLabel(mount.name) && mount.name !== "tmp" && names.indexOf(mount.name) === index, {
      property: `files[${index}].name`,
      actual: mount.name,
      rule: "must be a DNS label that no other mount has ('tmp' and 'data' are taken)",
      wayOut: "rename it",
    });
  }
}
