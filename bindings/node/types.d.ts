/** What every call takes besides its parameters. */
export interface CallOptions {
  /** Aborting it rejects with an {@link AbortError} at once and drops the call, which may have been sent already. */
  signal?: AbortSignal | undefined;
  /** SECONDS (not milliseconds) for the whole call with all its attempts; the unit is the same in every language. */
  timeout?: number | undefined;
  /**
   * `off`; `safe`: GETs, operations that are marked for it, and what was provably never sent (the default);
   * `idempotent`: you say that repeating this call is harmless.
   */
  retry?: 'off' | 'safe' | 'idempotent' | undefined;
  /**
   * You encrypted the fields that are marked as encrypted: they are given as ciphertext and sent as they are, and the
   * request names this key of the platform (`PUB_KEY_ID_…`, or the serial of a certificate).
   */
  encrypted_with?: string | undefined;
}

/** A whole number on its way out. Where Number.MAX_SAFE_INTEGER is not enough, a bigint keeps every digit. */
export type Integer = number | bigint;

/** A file on its way out: one on the disk, which is never held in memory as a whole, */
export type FileParam =
  | {
      path: string;
      /** Where it is not to be sent under its own name. */
      filename?: string | undefined;
    }
  /** or its name and its bytes, or what they are read from: a Readable, for example, which is read before anything is sent. */
  | { filename: string; content: Uint8Array | AsyncIterable<Uint8Array> };

/** What a download takes besides its parameters. */
export interface DownloadOptions extends Omit<CallOptions, 'encrypted_with'> {
  /** Inflates a file that no `tar_type` was given for. */
  gunzip?: boolean | undefined;
  /** Told how far it is, in bytes; `total` is null where the platform is silent. */
  progress?: ((received: number, total: number | null) => void) | undefined;
}

/** A file that was downloaded. */
export interface SavedFile {
  /** Where it is. */
  path: string;
  /** In bytes, inflated. */
  length: number;
  /** What it was checked with: `SHA1`, `SHA256`, `SM3`; null where the platform gives no hash. */
  hash_type: string | null;
}

/**
 * The headers of a request: an object of names and texts (`request.headers` of node:http), a Headers, a Map, or other
 * pairs.
 */
export type NotificationHeaders =
  Readonly<Record<string, string | readonly string[] | undefined>> | Iterable<readonly [string, string]>;

/** The body of a request as it came: bytes, or their text. */
export type NotificationBody = string | ArrayBufferView | ArrayBufferLike;

/** A notification whose signature held. The same one may come many times, and in parallel: its `id` tells. */
export interface Notification<Resource = any> {
  /** Of this notification; its redeliveries have the same. */
  readonly id: string;
  /** When it was made, RFC 3339. */
  readonly create_time: string;
  /** What happened, like `TRANSACTION.SUCCESS`; an open set. */
  readonly event_type: string;
  /** `encrypt-resource`. */
  readonly resource_type: string | null;
  /** In words, Chinese. */
  readonly summary: string | null;
  /** What the resource is, like `transaction`. */
  readonly original_type: string | null;
  /**
   * The decrypted resource; an integer beyond Number.MAX_SAFE_INTEGER is a bigint. May hold openids: not for logs, and
   * neither console.log nor JSON.stringify of the notification shows it.
   */
  readonly resource: Resource;

  /** The answer where it has been taken: it does not come again. */
  ack(): Answer;
}

/** What to answer to the platform, within 5 seconds. */
export interface Answer {
  /** HTTP status. */
  status: number;
  /** Headers by name. */
  headers: Record<string, string>;
  /** The body, perhaps empty. */
  body: string;
}
