import type { Event } from './events.js';
import type { Operations } from './operations/index.js';
import type { Readable } from 'node:stream';
import type {
  Answer,
  CallOptions,
  DownloadOptions,
  Notification,
  NotificationBody,
  NotificationHeaders,
  SavedFile,
} from './types.js';

export type * as events from './events.js';
export type * as operations from './operations/index.js';
export type {
  Answer,
  CallOptions,
  DownloadOptions,
  FileParam,
  Integer,
  Notification,
  NotificationBody,
  NotificationHeaders,
  SavedFile,
} from './types.js';

/** The version of this package. */
export declare const VERSION: string;

/**
 * A function of a key that lies elsewhere, in an HSM or a KMS: from bytes to bytes, or to a promise of them. What it throws
 * is the `cause` of the call's error, and its words stand in that error's: they must hold no key, signature or plaintext.
 */
export type KeyFunction = (
  input: Buffer,
) => ArrayBufferView | ArrayBufferLike | Promise<ArrayBufferView | ArrayBufferLike>;

/** What belongs to one merchant. */
export interface MerchantOptions {
  /** Merchant number. */
  mchid: string;
  /** Serial number of the merchant's API certificate; not needed where the certificate is given. */
  serial_no?: string | undefined;
  /** The merchant's private key (apiclient_key.pem) as PEM text, */
  merchant_private_key?: string | undefined;
  /** or its file, */
  merchant_private_key_path?: string | undefined;
  /** or the signature of a message by a key that lies elsewhere: RSASSA-PKCS1-v1_5 with SHA-256. */
  sign?: KeyFunction | undefined;
  /** Beside `sign`, where replies have encrypted fields: the plaintext of a ciphertext, RSAES-OAEP with SHA-1. */
  decrypt?: KeyFunction | undefined;
  /** The merchant's API certificate (apiclient_cert.pem) as PEM text, */
  merchant_certificate?: string | undefined;
  /** or its file. */
  merchant_certificate_path?: string | undefined;
  /** Id of WeChat Pay's public key: `PUB_KEY_ID_...`. */
  public_key_id?: string | undefined;
  /** That key (pub_key.pem) as PEM text, */
  platform_public_key?: string | undefined;
  /** or its file. */
  platform_public_key_path?: string | undefined;
  /** Platform certificates, any number, as PEM texts, */
  platform_certificates?: string[] | undefined;
  /** or their files. */
  platform_certificate_paths?: string[] | undefined;
  /** APIv3 key, 32 bytes; for notifications and certificates. */
  apiv3_key?: string | undefined;
  /** Downloads the platform's certificates and keeps them current; needs `apiv3_key`. Default false. */
  auto_certificates?: boolean | undefined;
  /** File that downloaded certificates are kept in between processes, one per merchant. */
  certificate_cache?: string | undefined;
  /** Calls per second at most: `50`, or `50, pay=20` with classes of operations. Default: no limit. */
  rate_limit?: string | undefined;
}

/** What belongs to one merchant, and what all merchants of a client share. */
export interface ClientOptions extends MerchantOptions {
  /** Default `https://api.mch.weixin.qq.com`. Plain http is accepted for loopback addresses only. */
  base_url?: string | undefined;
  /** Default `https://api2.mch.weixin.qq.com`, or none where `base_url` is given. */
  backup_url?: string | undefined;
  /** SECONDS to establish a connection; default 5. */
  connect_timeout?: number | undefined;
  /** SECONDS (not milliseconds) for a whole call with all its attempts; default 30. */
  timeout?: number | undefined;
  /**
   * `off`; `safe`: GETs, operations that are marked for it, and what was provably never sent (the default);
   * `idempotent`: you say that repeating is harmless.
   */
  retry?: 'off' | 'safe' | 'idempotent' | undefined;
  /** SECONDS for which a host that failed is avoided at first; default 30. */
  cool_down?: number | undefined;
  /** URL of a Redis in which a fleet shares its limits. */
  rate_limit_redis?: string | undefined;
  /** Proxy URL. Proxy variables of the environment are not read. */
  proxy?: string | undefined;
  /** Further certificate authorities to trust, as PEM text, */
  ca_pem?: string | undefined;
  /** or their file. */
  ca_path?: string | undefined;
  /** Your application's name and version, added to the User-Agent. */
  user_agent_suffix?: string | undefined;
  /** The longest reply that is accepted; default 10 MiB. */
  max_reply_bytes?: number | undefined;
}

/** What a request takes besides its path. */
export interface RequestOptions extends CallOptions {
  /** Names and values, encoded here; a list repeats its name. */
  query?: Record<string, QueryValue | QueryValue[] | null | undefined> | undefined;
  /** Anything that is JSON; bigints are written as integers. */
  body?: unknown;
}

export type QueryValue = string | number | bigint | boolean;

/** A verified reply to {@link Client.request}. */
export interface Reply {
  /** HTTP status, 2xx. */
  status: number;
  /** The platform's Request-ID. */
  requestId: string | null;
  /** The value of a JSON body, a Buffer where it is something else, undefined where it is empty. */
  body: any;
}

/** The operations, by their ids: see {@link Client}. */
export interface Client extends Operations {}

/**
 * A client of one merchant; share it. Its operations hang on it by their ids:
 * `await client.goldplan.merchants.changeCustomPageStatus({ sub_mchid, operation_type: 'OPEN' })`.
 *
 * Parameters and results keep their wire names. An operation gives its record, a Buffer (a file), or undefined (no
 * content). In results an integer beyond Number.MAX_SAFE_INTEGER is a bigint: no digit is ever lost.
 */
export declare class Client {
  /** @throws {ConfigError} naming the option */
  constructor(options: ClientOptions);

  /** A client from the environment: every option is `WECHATPAY_` and its name in upper case. */
  static fromEnv(): Client;

  /** The merchant number that this client signs for. */
  get mchid(): string;

  /**
   * Receives the notifications of this merchant.
   *
   * @throws {ConfigError} without an `apiv3_key`
   */
  get notifications(): Notifications;

  /** Signs what front ends need to open the cashier after a prepay. */
  get invocation(): Invocation;

  /** A client for another merchant over the same connections. */
  forMerchant(options: MerchantOptions): Client;

  /** The same client with other defaults for its calls. `timeout` is in SECONDS. */
  withOptions(options: Omit<CallOptions, 'signal'>): Client;

  /** Calls an operation by its id, with its parameters as one flat record. */
  call<Result = any>(operation: string, params?: object, options?: CallOptions): Promise<Result>;

  /** Sends any request, signed and verified like an operation: for paths that have no operation. */
  request(method: string, path: string, options?: RequestOptions): Promise<Reply>;

  /**
   * Downloads what an operation gives: its file, or those whose addresses stand in its reply, as bills and receipts do.
   *
   * Their hashes are checked against that signed reply, encrypted files are decrypted, and files that were asked for with
   * `tar_type: 'GZIP'` are inflated. A file takes its place at `to` when it is whole and right, and not before; of several
   * the second goes to `bill.2.csv` where the first goes to `bill.csv`. Without `to` the files are given as streams.
   */
  download(operation: string, params: object, to: string, options?: DownloadOptions): Promise<SavedFile[]>;
  download(operation: string, params?: object, to?: undefined, options?: DownloadOptions): Promise<Readable[]>;

  /** Downloads from an address that a reply gave, and checks the hash that stood beside it; see {@link Client.download}. */
  downloadUrl(
    url: string,
    to: string,
    options?: DownloadOptions & { hash_type?: string | undefined; hash_value?: string | undefined },
  ): Promise<SavedFile>;
  downloadUrl(
    url: string,
    to?: undefined,
    options?: DownloadOptions & { hash_type?: string | undefined; hash_value?: string | undefined },
  ): Promise<Readable>;

  /**
   * The items of a list, over all of its pages: each page is asked for when its first item is. It begins at the page that
   * `params` name, and its size is theirs.
   */
  iterate<Item = any>(operation: string, params?: object, options?: CallOptions): AsyncGenerator<Item, void, undefined>;

  /** Encrypts a field for the platform, for {@link Client.request}: operations do it by themselves. */
  encrypt(plaintext: string): Promise<Encrypted>;

  /** Decrypts a field that the platform encrypted for this merchant: operations do it by themselves. */
  decrypt(ciphertext: string): Promise<string>;

  /** The platform's keys that this client knows, and what became of the last download. Sends nothing. */
  platformKeys(): Promise<PlatformKeys>;

  /**
   * Downloads the platform's certificates now, unless that was begun in the last minute; needs `auto_certificates`.
   * Where it fails, the keys known before stay in use.
   */
  refreshPlatformKeys(): Promise<PlatformKeys>;
}

/** The platform's keys that a client knows; times are Unix seconds. */
export interface PlatformKeys {
  keys: PlatformKey[];
  /** When the platform gave the certificates that were downloaded. */
  last_refresh?: number;
  /** Why the last download of this process failed; missing where it succeeded. */
  last_error?: string;
}

export interface PlatformKey {
  /** `PUB_KEY_ID_...`, or a certificate's serial in upper-case hex. */
  serial: string;
  kind: 'public_key' | 'certificate';
  /** Validity of a certificate: outside of it, it is not used. */
  not_before?: number;
  not_after?: number;
  /** Whether requests name it and encrypt with it. */
  preferred: boolean;
  source: 'configured' | 'downloaded';
}

/**
 * Signs what front ends need to open the cashier; nothing is sent. `prepay_id` is bare, as the reply of the prepay has
 * it; `appid` is the one that the prepay named.
 */
export interface Invocation {
  /** For a page in WeChat, after `pay.transactions.jsapi`. */
  jsapi(params: { appid: string; prepay_id: string }): Promise<JsapiRecord>;

  /** For a mini program. */
  miniProgram(params: { appid: string; prepay_id: string }): Promise<JsapiRecord>;

  /** For an app; `partnerid` is the merchant number that the prepay named. */
  app(params: { appid: string; partnerid: string; prepay_id: string }): Promise<AppRecord>;
}

/**
 * For `getBrandWCPayRequest` of a page in WeChat and `wx.requestPayment` of a mini program: give it to the front end as
 * it is. Not for logs: who has the signature can open the cashier.
 */
export interface JsapiRecord {
  appId: string;
  /** Unix seconds, as a text. */
  timeStamp: string;
  nonceStr: string;
  /** `prepay_id=...` */
  package: string;
  signType: 'RSA';
  /** Base64. */
  paySign: string;
}

/** For `PayReq` of WeChat's SDK in an app: give it to the app as it is. Not for logs, as {@link JsapiRecord}. */
export interface AppRecord {
  appid: string;
  partnerid: string;
  prepayid: string;
  package: 'Sign=WXPay';
  noncestr: string;
  /** Unix seconds, as a text. */
  timestamp: string;
  /** Base64. */
  sign: string;
}

/** A field encrypted by hand. */
export interface Encrypted {
  /** The platform's key that can read it: requests of this client name it, as long as they prefer it. */
  serial: string;
  /** Base64. */
  ciphertext: string;
}

/** Of the options of a client a receiver reads the platform's keys and `apiv3_key`; it needs no others. */
export type NotificationsOptions = Partial<Omit<ClientOptions, 'sign' | 'decrypt'>> & { apiv3_key: string };

/**
 * Receives notifications; share it. Made from options it holds no key that could sign a payment. Nothing here waits for
 * the network. Fields inside of a resource that are encrypted for the merchant are opened by a client's receiver, which
 * has the private key; any other leaves them as they are.
 * One of its own, not a client's, is given the platform's keys: it cannot download certificates (`auto_certificates`).
 */
export declare class Notifications {
  /** @throws {ConfigError} naming the option */
  constructor(options: NotificationsOptions);

  /** A receiver from the environment: every option is `WECHATPAY_` and its name in upper case. */
  static fromEnv(): Notifications;

  /**
   * Verifies the signature, then parses and decrypts. Of what comes back, `event_type` tells the type of the resource:
   * `if (event.event_type === 'REFUND.SUCCESS') event.resource.out_refund_no`. With a type of your own for the resource
   * it is a {@link Notification} of that.
   *
   * @param headers of the request, such as `request.headers`; names in any case
   * @param body of the request byte for byte: what a framework parsed and wrote again fails as `bad_signature`
   * @throws {SignatureError | IntegrityError | DecryptError} to which the answer is {@link Notifications.failure}
   */
  parse(headers: NotificationHeaders, body: NotificationBody): Event;
  parse<Resource>(headers: NotificationHeaders, body: NotificationBody): Notification<Resource>;

  /** The answer where a notification has been taken: it does not come again. */
  ack(): Answer;

  /** The answer where it has not: the platform sends it again. `message` is for the platform's logs. */
  failure(message: string): Answer;
}

/** How a store of processed notifications keeps what it knows. */
export interface SeenOptions {
  /** SECONDS for which ids are kept; default two days, since the platform repeats itself for one. */
  seconds?: number | undefined;
}

/**
 * Lets each notification be processed once; share it.
 *
 * `claim` first. True: it is yours, process it, then say `done`, or `release` where that failed. False: it has been
 * processed, so acknowledge it. An error: somebody else is just processing it (`seen_busy`), or the store cannot tell
 * (`seen_store`); answer with {@link Notifications.failure}, and it comes again. A claim holds for two minutes: whoever
 * is killed meanwhile loses nothing.
 */
export declare class Seen {
  private constructor(store: unknown);

  /** A store in the memory of this process, for a receiver that is one process. @throws {ConfigError} */
  static memory(options?: SeenOptions): Seen;

  /**
   * A store in a Redis, for all receivers that use it. Nothing is sent yet.
   *
   * @param url `redis://user:password@host:6379/0`, with TLS `rediss://...`; all but the host may be missing
   * @throws {ConfigError}
   */
  static redis(url: string, options?: SeenOptions): Seen;

  /** Whether the notification with this id is yours; of any number that ask at once, it is one's. */
  claim(id: string): Promise<boolean>;

  /** It has been processed. Where this rejects, it has been all the same: acknowledge it. */
  done(id: string): Promise<void>;

  /** Processing failed: the next delivery may have it. Where this rejects, it may so after two minutes. */
  release(id: string): Promise<void>;
}

/** What an error knows; the same names in every language. */
export interface ErrorFields {
  kind?: ErrorKind;
  code?: string;
  message?: string;
  retryability?: Retryability;
  may_have_taken_effect?: boolean;
  operation?: string | null;
  status?: number | null;
  field?: string | null;
  value?: unknown;
  issue?: string | null;
  location?: string | null;
  detail?: unknown;
  request_id?: string | null;
  verified?: boolean;
  check_with?: string | null;
  attempts?: readonly Attempt[];
  cause?: unknown;
}

export type ErrorKind =
  'config' | 'invalid_request' | 'transport' | 'timeout' | 'api' | 'signature' | 'decrypt' | 'integrity' | 'internal';

export type Retryability = 'never' | 'safe' | 'check_first';

/** Why a call did not give a result. `String(error)` and the stack show the whole text, which holds no secret. */
export declare class WechatPayError extends Error {
  constructor(text: string, fields?: ErrorFields);
  readonly kind: ErrorKind;
  /** The platform's code (`MCH_NOT_EXISTS`; an open set), or the SDK's own in lower case (`missing_field`). */
  readonly code: string;
  /** What went wrong and what to do, without operation and request id. */
  message: string;
  /** `safe`: may be repeated after a pause; `check_first`: query the result before repeating. */
  readonly retryability: Retryability;
  /** Whether the request may have changed something at the platform all the same. */
  readonly may_have_taken_effect: boolean;
  /** Id of the operation, or the method of `request()`. */
  readonly operation: string | null;
  /** HTTP status, where there was a reply. */
  readonly status: number | null;
  /** What exactly was wrong, where it is known. */
  readonly field: string | null;
  /** Its value as the platform sent it. May be an openid: not for logs, and console.log does not show it. */
  readonly value: unknown;
  readonly issue: string | null;
  readonly location: string | null;
  /** The whole detail as the platform sent it. May hold openids: not for logs, and console.log does not show it. */
  readonly detail: unknown;
  /** The platform's Request-ID; its support asks for it. */
  readonly request_id: string | null;
  /** Whether the reply that said so was signed by the platform. */
  readonly verified: boolean;
  /** Id of the operation that reads back what this one did, where the outcome is unknown and there is one. */
  readonly check_with: string | null;
  /** Every attempt of the call, in their order; empty where nothing was attempted. */
  readonly attempts: readonly Attempt[];
}

/** One attempt of a call. Holds nothing of what was sent or received. */
export interface Attempt {
  /** Its number within the call, from 1. */
  readonly number: number;
  /** Where it went, a URL without a path. */
  readonly host: string;
  /** How far it came: nothing was sent; sent, and no answer; half a reply; a whole one. */
  readonly phase: 'connecting' | 'waiting' | 'receiving' | 'answered';
  /** SECONDS, signing not included. */
  readonly duration: number;
  /** HTTP status, where a reply came. */
  readonly status: number | null;
  /**
   * Why no reply came: `connect_failed`, `connect_timeout`, `timeout`, `connection_broken`, `broken_reply`, `reply_too_large`;
   * of a download also `cannot_write` and `not_gzip`.
   */
  readonly code: string | null;
  /** The platform's Request-ID, where a reply came. */
  readonly request_id: string | null;
}

/**
 * What subscribers of the channel `wechatpay-sdk:attempt:start` of `node:diagnostics_channel` get, in the asynchronous
 * context of the call. A call that is made while nobody has subscribed tells nothing. What a subscriber throws ends no call:
 * Node.js reports it as an uncaught exception, as for every channel.
 */
export interface AttemptStarted {
  /** Id of the operation, or the method of {@link Client.request}. */
  readonly operation: string;
  /** The merchant that it is made for. */
  readonly mchid: string;
  /** Its number within the call, from 1. */
  readonly number: number;
  /** Where it goes, a URL without a path. */
  readonly host: string;
  /** When that was, in Unix SECONDS: it is told when the event loop comes to it. */
  readonly time: number;
  /** How many events before this one were lost, since the event loop did not keep up with them. */
  readonly dropped: number;
}

/** What subscribers of `wechatpay-sdk:attempt:end` get; see {@link AttemptStarted}. */
export interface AttemptEnded extends AttemptStarted, Attempt {}

/** The client was built with something missing or wrong; `field` names the option. */
export declare class ConfigError extends WechatPayError {}

/** The request was refused before anything was sent; `field` names the parameter. */
export declare class InvalidRequestError extends WechatPayError {}

/** The network failed: no connection, or a broken one. */
export declare class TransportError extends WechatPayError {}

/** The time given for the call ran out. */
export declare class TimeoutError extends TransportError {}

/** The platform answered with an error: see `status`, `code`, `request_id`. */
export declare class ApiError extends WechatPayError {}

/** A reply or a notification whose signature cannot be trusted. */
export declare class SignatureError extends WechatPayError {}

/** An encrypted field or resource that cannot be decrypted. */
export declare class DecryptError extends WechatPayError {}

/** A reply or a notification that is not what was promised: not JSON, empty, too large. */
export declare class IntegrityError extends WechatPayError {}

/** A defect of this SDK. */
export declare class InternalError extends WechatPayError {}

/**
 * The call was given up by its AbortSignal: `code` is `cancelled`, `cause` the signal's reason. Where
 * `may_have_taken_effect` is set, query the result before repeating. Its `kind` is `timeout`, but it is no
 * {@link TimeoutError}.
 */
export declare class AbortError extends WechatPayError {}
