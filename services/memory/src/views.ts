import type { Static } from "typebox";
import type { ExperienceView, HeadView, HitList, ItemView } from "../schemas";
import type { Experience } from "./experience";
import type { Item, ItemHead, Precondition } from "./item";
import type { Hit } from "./search";

export function toHeadView(head: ItemHead): Static<typeof HeadView> {
  const { agentId, key, tags, hasEmbedding, revision, createdAt, updatedAt, expiresAt } = head;
  return { agentId, key, tags: [...tags], hasEmbedding, revision, createdAt, updatedAt, ...(expiresAt === undefined ? {} : { expiresAt }) };
}

export function toItemView(item: Item): Static<typeof ItemView> {
  return { ...toHeadView(item), value: item.value, ...(item.embedding === undefined ? {} : { embedding: [...item.embedding] }) };
}

export function toHitView({ item, score, similarity }: Hit): Static<typeof HitList>["hits"][number] {
  return { item: { ...toHeadView(item), value: item.value }, score, ...(similarity === undefined ? {} : { similarity }) };
}

export function toExperienceView({ embedding, ...experience }: Experience): Static<typeof ExperienceView> {
  return { ...experience, ...(embedding === undefined ? {} : { embedding: [...embedding] }) };
}

/** What validated headers ask for. `If-None-Match` goes first: nothing can be both there and not there. */
export function toPrecondition(ifMatch: string | undefined, ifNoneMatch?: string): Precondition {
  if (ifNoneMatch !== undefined) return { kind: "absent" };
  if (ifMatch === undefined) return { kind: "any" };
  return ifMatch === "*" ? { kind: "present" } : { kind: "revision", revision: Number(ifMatch.slice(1, -1)) };
}
