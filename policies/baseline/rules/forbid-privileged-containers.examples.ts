import { unknown } from "../../kit/examples";
import type { Examples } from "../../kit/examples";
import { sampleContainer, sampleDeployment } from "../../kit/sample-pods";

const dropAll = { capabilities: { drop: ["ALL"] } };
const safe = { allowPrivilegeEscalation: false, runAsNonRoot: true, ...dropAll };

const withSecurity = (securityContext: unknown, podChanges: Record<string, unknown> = {}) =>
  sampleDeployment({ containers: [sampleContainer({ securityContext })], ...podChanges });

export const examples: Examples = {
  passing: [
    { title: "a container that says all of it itself", resource: withSecurity({ ...safe, runAsUser: 10001 }) },
    {
      title: "a pod that says it for its containers",
      resource: withSecurity({ allowPrivilegeEscalation: false, ...dropAll }, { securityContext: { runAsNonRoot: true, runAsUser: 10001 } }),
    },
    { title: "a container that overrides a root pod", resource: withSecurity({ ...safe, runAsUser: 7 }, { securityContext: { runAsUser: 0 } }) },
    { title: "a low port", resource: withSecurity({ ...safe, capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } }) },
    {
      title: "root, where the configuration allows it",
      config: { rootAllowed: [{ workload: "swarm/web", reason: "reads files of root" }] },
      resource: withSecurity({ allowPrivilegeEscalation: false, ...dropAll }, { securityContext: { runAsUser: 0 } }),
    },
    {
      title: "a patch that leaves security alone",
      resource: {
        type: "kubernetes:apps/v1:DaemonSetPatch",
        name: "web",
        props: { spec: { template: { spec: { containers: [{ name: "app" }] } } } },
      },
    },
  ],
  failing: [
    {
      title: "nothing said",
      resource: withSecurity(undefined),
      message: [
        /^spec\.template\.spec\.containers\[0\]\.securityContext\.allowPrivilegeEscalation \(container 'app'\) is missing: .*set it to false/,
        /securityContext\.runAsNonRoot \(container 'app'\) is missing: .*set it to true/,
        /securityContext\.capabilities\.drop \(container 'app'\) is missing: .*set it to \['ALL'\]/,
      ],
    },
    { title: "privileged", resource: withSecurity({ ...safe, privileged: true }), message: /privileged \(container 'app'\) is true/ },
    { title: "escalation allowed", resource: withSecurity({ ...safe, allowPrivilegeEscalation: true }), message: /allowPrivilegeEscalation .*is true/ },
    { title: "root allowed", resource: withSecurity({ ...safe, runAsNonRoot: false }), message: /runAsNonRoot .*is false/ },
    {
      title: "a container that lifts what the pod set",
      resource: withSecurity({ ...safe, runAsNonRoot: false }, { securityContext: { runAsNonRoot: true } }),
      message: /runAsNonRoot .*is false/,
    },
    { title: "user 0", resource: withSecurity({ ...safe, runAsUser: 0 }), message: /runAsUser \(container 'app'\) is 0: that is root/ },
    {
      title: "user 0, allowed to another",
      config: { rootAllowed: [{ workload: "other/web", reason: "reads files of root" }] },
      resource: withSecurity({ ...safe, runAsUser: 0 }),
      message: /runAsUser .*is 0/,
    },
    {
      title: "more than root, where root is allowed",
      config: { rootAllowed: [{ workload: "swarm/web", reason: "reads files of root" }] },
      resource: withSecurity({ privileged: true, allowPrivilegeEscalation: true, runAsUser: 0, capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] } }),
      message: [/privileged .*is true/, /allowPrivilegeEscalation .*is true/, /SYS_ADMIN/],
    },
    { title: "some capabilities kept", resource: withSecurity({ ...safe, capabilities: { drop: ["NET_RAW", "CHOWN"] } }), message: /capabilities\.drop .*is NET_RAW, CHOWN: / },
    { title: "user 0 of the pod", resource: withSecurity(safe, { securityContext: { runAsUser: 0 } }), message: /runAsUser .*is 0/ },
    {
      title: "capabilities that amount to root",
      resource: withSecurity({ ...safe, capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE", "SYS_ADMIN"] } }),
      message: /capabilities\.add \(container 'app'\) is SYS_ADMIN: only NET_BIND_SERVICE/,
    },
    {
      title: "an init container",
      resource: sampleDeployment({ initContainers: [sampleContainer({ securityContext: { ...safe, privileged: true } })] }),
      message: /initContainers\[0\]\.securityContext\.privileged/,
    },
    {
      title: "an ephemeral container",
      resource: sampleDeployment({ ephemeralContainers: [sampleContainer({ name: "debug", securityContext: { ...safe, runAsUser: 0 } })] }),
      message: /ephemeralContainers\[0\]\.securityContext\.runAsUser \(container 'debug'\)/,
    },
    {
      title: "a patch that makes a container privileged",
      resource: {
        type: "kubernetes:apps/v1:DaemonSetPatch",
        name: "web",
        props: { spec: { template: { spec: { containers: [{ name: "app", securityContext: { privileged: true } }] } } } },
      },
      message: /privileged/,
    },
  ],
  unknown: [
    {
      title: "an unknown user hides no privileged container",
      resource: withSecurity({ ...safe, privileged: true, runAsUser: unknown }),
      message: [/privileged/],
      notJudged: /containers\.0\.securityContext\.runAsUser can't be known/,
    },
    {
      title: "an unknown security context of the pod hides nothing that the container says",
      resource: withSecurity({ ...dropAll, allowPrivilegeEscalation: true, runAsNonRoot: true }, { securityContext: unknown }),
      message: [/allowPrivilegeEscalation/],
      notJudged: /\.spec\.template\.spec\.securityContext can't be known/,
    },
  ],
};
