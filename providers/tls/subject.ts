import { isTexts, mustBe } from "../kit/schema";
import type { PropertyRule } from "../kit/schema";
import { isObject } from "../kit/values";

/** Fields of a certificate's subject. `streetAddresses` is a list, the others are texts. */
const subjectFields = [
  "commonName", "country", "emailAddress", "locality", "organization", "organizationalUnit", "postalCode", "province",
  "serialNumber", "streetAddresses",
] as const;

/** For whom a certificate is. */
export const subjectRule: PropertyRule = { kind: "own", reasonsOf: subjectReasons };

function subjectReasons(value: unknown): string[] {
  if (!isObject(value)) return [mustBe(value, `an object with any of ${subjectFields.join(", ")}`)];
  return Object.entries(value).flatMap(([field, member]) => {
    if (member === null || member === undefined) return [];
    if (!subjectFields.some((known) => known === field)) return [`has no field "${field}"; it has: ${subjectFields.join(", ")}`];
    if (field === "streetAddresses") return isTexts(member) ? [] : [`field "${field}" ${mustBe(member, "a list of texts, none of them empty")}`];
    if (typeof member !== "string") return [`field "${field}" ${mustBe(member, "text")}`];
    return field === "country" && !/^[A-Za-z]{2}$/.test(member) ? [`field "country" ${mustBe(member, "a code of two letters")}`] : [];
  });
}
