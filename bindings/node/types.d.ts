/** What every call takes besides its parameters. */
export interface CallOptions {
  /** Aborting it rejects with an {@link AbortError} at once and drops the call, which may have been sent already. */
  signal?: AbortSignal | undefined;
  /** SECONDS (not milliseconds) for the whole call with all its attempts; the unit is the same in every language. */
  timeout?: number | undefined;
  /**
   * `never`; `safe`: GETs, and what was provably never sent (the default); `idempotent`: you say that repeating this
   * call is harmless.
   */
  retry?: 'never' | 'safe' | 'idempotent' | undefined;
}

/** A whole number on its way out. Where Number.MAX_SAFE_INTEGER is not enough, a bigint keeps every digit. */
export type Integer = number | bigint;

/** A file on its way out. */
export interface FileParam {
  filename: string;
  /** A Buffer, for example. */
  content: Uint8Array;
}
