import type { Failure, PropertyRules } from "../../kit/schema";
import type { Renewal } from "../../kit/definition";
import { hourMs } from "../certificates";
import { subjectRule } from "../subject";
import { usageNames } from "../usages";

/** A century: what reaches further is a mistake of units. */
const maxHours = 876_600;

/** No limit on the length of the path below this authority. */
export const unlimitedPath = -1;
const maxPathLength = 100;

const writeOnly = (name: string): PropertyRules => ({
  [`${name}Wo`]: { kind: "unsupported", instead: `use ${name}, which is kept as a secret` },
  [`${name}WoVersion`]: { kind: "unsupported", instead: `use ${name}, which is kept as a secret` },
});

/** A private key given as PEM. */
export function keyInput(name: string): PropertyRules {
  return { [name]: { kind: "text", required: true, secret: true }, ...writeOnly(name) };
}

/** For whom a certificate is. */
export const subjectInputs: PropertyRules = {
  subject: subjectRule,
  dnsNames: { kind: "texts" },
  ipAddresses: { kind: "texts", form: "ip" },
  uris: { kind: "texts", form: "uri" },
};

/** What a certificate may be used for, and how long. */
export const certificateInputs: PropertyRules = {
  allowedUses: { kind: "texts", required: true, oneOf: usageNames },
  validityPeriodHours: { kind: "integer", required: true, min: 1, max: maxHours },
  earlyRenewalHours: { kind: "integer", min: 0, max: maxHours, default: 0 },
  isCaCertificate: { kind: "boolean", default: false },
  maxPathLength: { kind: "integer", min: unlimitedPath, max: maxPathLength, default: unlimitedPath },
  setSubjectKeyId: { kind: "boolean", default: false },
};

/** Rules between the inputs of {@link certificateInputs}. */
export function certificateRelations(inputs: Readonly<Record<string, unknown>>): Failure[] {
  const { earlyRenewalHours: early, validityPeriodHours: validity } = inputs;
  if (typeof early !== "number" || typeof validity !== "number" || early < validity) return [];
  return [{
    property: "earlyRenewalHours",
    reason: `is ${String(early)}, must be less than validityPeriodHours (${String(validity)}), or every update would replace the certificate`,
  }];
}

/** A certificate is replaced from the hour on at which its early renewal begins. */
export const certificateRenewal: Renewal = {
  property: "readyForRenewal",
  isDue({ validityEndTime: end, earlyRenewalHours: early }, now) {
    if (typeof end !== "string") return false;
    return now.getTime() >= Date.parse(end) - (typeof early === "number" ? early : 0) * hourMs;
  },
};

/** Inputs of {@link certificateInputs} after the check. */
export interface CertificateInputs {
  readonly allowedUses: readonly string[];
  readonly validityPeriodHours: number;
  readonly isCaCertificate: boolean;
  readonly maxPathLength: number;
  readonly setSubjectKeyId: boolean;
}

/** The part of an issue request that these inputs settle. */
export function settings(inputs: CertificateInputs): Omit<CertificateInputs, "maxPathLength"> & { readonly maxPathLength?: number } {
  const { allowedUses, validityPeriodHours, isCaCertificate, maxPathLength: length, setSubjectKeyId } = inputs;
  return { allowedUses, validityPeriodHours, isCaCertificate, setSubjectKeyId, maxPathLength: length === unlimitedPath ? undefined : length };
}
