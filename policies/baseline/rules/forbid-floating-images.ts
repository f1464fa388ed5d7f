import type { ResourceValidationPolicy } from "@pulumi/policy";
import { judge } from "../../kit/judge";
import { eachContainer, eachPod } from "../../kit/pod-templates";

const pinned = /@sha256:[0-9a-f]{64}$/;
const latestTag = /:latest(?:@|$)/;

export const policy: ResourceValidationPolicy = {
  name: "forbid-floating-images",
  displayName: "Images are pinned by digest",
  description: "Every image of a pod names its content by digest, and none is tagged 'latest'.",
  enforcementLevel: "mandatory",
  severity: "high",
  tags: ["kubernetes", "supply-chain"],
  framework: {
    name: "OWASP Kubernetes Top Ten",
    version: "2022",
    reference: "K02",
    specification: "Supply Chain Vulnerabilities",
  },
  remediationSteps:
    "Replace the tag by the digest of the image that was tested: 'repository@sha256:<64 hex digits>'. " +
    "For an image of this project take the reference that its build prints.",
  url: "https://kubernetes.io/docs/concepts/containers/images/#image-names",
  validateResource: (args, reportViolation) =>
    judge(reportViolation, (check) =>
      eachPod(args, check, (pod) => {
        eachContainer(pod, check, ({ fields, at }) =>
          check(() => verdict(at("image"), fields.image, pod.partial)));
        // An image can also be mounted as a volume, with code in it.
        check(() => {
          const volumes = pod.spec.volumes ?? [];
          volumes.forEach((_, index) =>
            check(() => {
              const image = volumes[index]?.image;
              return image && verdict(`${pod.path}.volumes[${index}].image.reference`, image.reference, pod.partial);
            }));
          return undefined;
        });
      })),
};

function verdict(path: string, image: string | undefined, partial: boolean): string | undefined {
  const wayOut = "write 'repository@sha256:<64 hex digits>'.";
  if (!image) return partial ? undefined : `${path} is missing: an image must be named by its digest; ${wayOut}`;
  if (!pinned.test(image)) return `${path} is '${image}': an image must be named by its digest; ${wayOut}`;
  if (latestTag.test(image)) return `${path} is '${image}': the tag 'latest' names no version; drop it and keep the digest.`;
  return undefined;
}
