import type { TObject, TSchema } from "typebox";

/** One answer of an operation, as the published description shows it. */
export interface ResponseSchema {
  readonly description: string;
  readonly body?: TSchema;
  /** Response headers by name, with what they hold. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What goes in and out of one operation. All objects have to be closed: an unknown field is an error. */
export interface OperationSchema {
  readonly params?: TObject;
  readonly query?: TObject;
  /** Only these headers are read; others pass. Names in lower case. */
  readonly headers?: TObject;
  readonly body?: TSchema;
  readonly responses: Readonly<Record<number, ResponseSchema>>;
  /** Problems this operation adds to those every operation can answer with: code to description. */
  readonly problems?: Readonly<Record<string, { readonly status: number; readonly description: string }>>;
}
