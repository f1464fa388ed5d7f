/** What every call to a store or another service takes. */
export interface Options {
  readonly signal?: AbortSignal;
}
