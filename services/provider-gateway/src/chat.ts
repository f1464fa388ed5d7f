import { CHARACTERS_PER_TOKEN } from "../limits";
import type { Usage } from "./money";

/** An OpenAI chat request: the fields that matter here; all others go to the provider as they are. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly unknown[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly [further: string]: unknown;
}

/** An OpenAI chat completion, as far as it is looked at. */
export interface ChatCompletion {
  readonly id?: string;
  readonly model?: string;
  readonly choices: readonly Choice[];
  readonly usage?: unknown;
  readonly [further: string]: unknown;
}

export interface Choice {
  readonly index?: number;
  readonly finish_reason?: string | null;
  readonly message?: { readonly content?: unknown };
  readonly delta?: Readonly<Record<string, unknown>>;
}

/** @returns undefined when it is no chat completion, nor a part of one. */
export function readCompletion(text: string): ChatCompletion | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const choices: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "choices") : undefined;
    return Array.isArray(choices) && choices.every((choice) => typeof choice === "object" && choice !== null) ? (value as ChatCompletion) : undefined;
  } catch {
    return undefined;
  }
}

/** What the provider counted. Undefined when it did not, or counted nonsense. */
export function reportedUsage({ usage }: Pick<ChatCompletion, "usage">): Usage | undefined {
  const count = (name: string): number | undefined => {
    const value: unknown = typeof usage === "object" && usage !== null ? Reflect.get(usage, name) : undefined;
    return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= 2 ** 31 - 1 ? (value as number) : undefined;
  };
  const promptTokens = count("prompt_tokens");
  const completionTokens = count("completion_tokens");
  return promptTokens === undefined || completionTokens === undefined ? undefined : { promptTokens, completionTokens, estimated: false };
}

/** A guess at the tokens of something that was sent or received. */
export function guessTokens(value: unknown): number {
  return Math.ceil((typeof value === "string" ? value : JSON.stringify(value ?? "")).length / CHARACTERS_PER_TOKEN);
}
