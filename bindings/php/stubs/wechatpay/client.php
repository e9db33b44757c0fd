<?php

namespace WechatPay;

/**
 * A client of one merchant. Operations hang on it by their id:
 * `$client->goldplan->merchants->changeCustomPageStatus([...])`. Each gives an array, a string (a file) or nothing.
 *
 * A call lets signals in; what a handler throws ends it. Clients made with `new` go with the request; for connections
 * and parsed keys that last, see `persistent()`. They cannot be cloned or serialized.
 */
final class Client extends Operations
{
    /** The merchant number that this client signs for. */
    public readonly string $mchid;

    /**
     * Reads the notifications of this merchant.
     *
     * Looking at it throws an `Exception\ConfigException` where the client has no `apiv3_key`; `isset()` tells.
     */
    public readonly Notifications $notifications;

    /** Signs what front ends need to open the cashier after a prepay. */
    public readonly Invocation $invocation;

    /**
     * Nothing is sent. Null stands for an option that is not given.
     *
     * @param array{
     *     mchid: string,
     *     serial_no?: ?string,
     *     merchant_private_key?: ?string,
     *     merchant_private_key_path?: ?string,
     *     sign?: ?callable(string): string,
     *     decrypt?: ?callable(string): string,
     *     merchant_certificate?: ?string,
     *     merchant_certificate_path?: ?string,
     *     public_key_id?: ?string,
     *     platform_public_key?: ?string,
     *     platform_public_key_path?: ?string,
     *     platform_certificates?: ?list<string>,
     *     platform_certificate_paths?: ?list<string>,
     *     apiv3_key?: ?string,
     *     auto_certificates?: ?bool,
     *     certificate_cache?: ?string,
     *     rate_limit?: ?string,
     *     base_url?: ?string,
     *     backup_url?: ?string,
     *     connect_timeout?: int|float|null,
     *     timeout?: int|float|null,
     *     retry?: 'off'|'safe'|'idempotent'|null,
     *     cool_down?: int|float|null,
     *     on_attempt?: ?callable(array<string, mixed>): void,
     *     rate_limit_redis?: ?string,
     *     proxy?: ?string,
     *     ca_pem?: ?string,
     *     ca_path?: ?string,
     *     user_agent_suffix?: ?string,
     *     max_reply_bytes?: ?int,
     * } $options Keys and certificates are PEM texts, or files where the name ends in `_path`; timeouts are seconds. `sign` stands in
     *     place of the private key, where that lies elsewhere (HSM, KMS): from a message to its signature, RSASSA-PKCS1-v1_5
     *     with SHA-256, raw bytes. `decrypt` beside it, where replies have encrypted fields: from a ciphertext to the
     *     plaintext, RSAES-OAEP with SHA-1. What they throw is the previous exception of the call's, and its words stand
     *     in that one's: they must hold no key, signature or plaintext.
     *     `retry`: off; safe (GETs, operations that are marked for it, and what was provably never sent: the default);
     *     idempotent (you say that repeating is harmless). `cool_down`: seconds for which a host that failed is avoided at
     *     first. `on_attempt` is called twice for every attempt of a call: with `operation`, `mchid`, `time` (Unix seconds),
     *     `number` and `host` when it was begun, its `phase` null; and with all that `getAttempts()` of an exception tells
     *     when it has ended. It should return at once: the time of the call goes on. What it throws becomes a warning.
     *     `auto_certificates` downloads the platform's certificates and keeps them current; a client that ends with the
     *     request does so each time, unless `certificate_cache` names a file, one per merchant. See `persistent()`, too.
     * @throws Exception\ConfigException
     */
    public function __construct(array $options) {}

    /**
     * A client from the environment: every option is `WECHATPAY_` and its name in upper case.
     *
     * @throws Exception\ConfigException
     */
    public static function fromEnv(): Client {}

    /**
     * A client that stays in this process between requests, with its connections and parsed keys: the first call with
     * a key makes it, later ones give it again. Files are not read again.
     *
     * @param string $key any name of your own; one per set of options
     * @param array<string, mixed> $options those of the constructor, without callables, which end with their request
     * @throws Exception\ConfigException also where the key is in use with other options
     */
    public static function persistent(string $key, array $options): Client {}

    /**
     * A client for another merchant over the same connections.
     *
     * @param array<string, mixed> $options those of the constructor up to `certificate_cache`
     * @throws Exception\ConfigException
     */
    public function forMerchant(array $options): Client {}

    /**
     * The same client with other defaults for its calls.
     *
     * @param array{timeout?: int|float|null, retry?: 'off'|'safe'|'idempotent'|null, encrypted_with?: string|null, on_attempt?: ?callable(array<string, mixed>): void} $options `timeout`:
     *     seconds for a whole call with all its attempts. `retry`: off; safe (GETs, operations that are marked for it, and what
     *     was provably never sent: the default); idempotent (you say that repeating these calls is harmless). `encrypted_with`: you encrypted the
     *     fields that are marked as encrypted: they are given as ciphertext and sent as they are, and requests name this
     *     key of the platform (`PUB_KEY_ID_…`, or the serial of a certificate). `on_attempt`: as of the constructor.
     * @throws Exception\ConfigException
     */
    public function withOptions(array $options): Client {}

    /**
     * Calls an operation by its id, such as `goldplan.merchants.change_custom_page_status`.
     *
     * A file is an `\SplFileInfo`, `['path' => ..., 'filename' => ...]` (the name only if it is another one), or
     * `['filename' => ..., 'content' => ...]` with the bytes or a stream, which is read to its end; its digest and name in
     * `meta` are filled in. An empty array inside is a list; an empty object is `new \stdClass`.
     *
     * @param array<string, mixed> $params path, query and body parameters by their wire names
     * @return array<mixed>|string|null a file's bytes as string; null where the reply has no content. Whole numbers that
     *     PHP has no room for come as strings of digits.
     * @throws Exception\WechatPayException
     */
    public function call(string $operation, array $params = []): array|string|null {}

    /**
     * Sends any request, signed and verified like an operation: for paths that have no operation.
     *
     * @param string $path begins with `/`, without the host
     * @param array<string, mixed>|null $query names and values, encoded here; a list repeats its name
     * @param mixed $body anything that is JSON; null: none
     * @throws Exception\WechatPayException
     */
    public function request(string $method, string $path, ?array $query = null, mixed $body = null): Reply {}

    /**
     * Downloads what an operation gives: its file, or those whose addresses stand in its reply (bills, receipts).
     *
     * Their hashes are checked against that signed reply, encrypted files are decrypted, and files that were asked for with
     * `tar_type` GZIP are inflated. A file takes its place when it is whole and right, and not before.
     *
     * @param array<string, mixed> $params path, query and body parameters by their wire names
     * @param ?string $to path of the file; of several the second goes to `bill.2.csv` where the first goes to `bill.csv`.
     *     Null: the files are given open for reading, and are gone when they are closed.
     * @param bool $gunzip inflates files that no `tar_type` was given for
     * @param ?callable(int, ?int): void $progress told how far it is, in bytes: received, and of how many; null where nobody
     *     says. It should return at once: the time of the call goes on. What it throws becomes a warning.
     * @return list<array{path: string, length: int, hash_type: ?string}>|list<resource> `length` in bytes, inflated;
     *     `hash_type` is what it was checked with (SHA1, SHA256, SM3), null where the platform gives no hash
     * @throws Exception\WechatPayException
     */
    public function download(
        string $operation,
        array $params = [],
        ?string $to = null,
        bool $gunzip = false,
        ?callable $progress = null,
    ): array {}

    /**
     * Downloads from an address that a reply gave, and checks the hash that stood beside it; see `download()`.
     *
     * @param ?callable(int, ?int): void $progress
     * @return array{path: string, length: int, hash_type: ?string}|resource
     * @throws Exception\WechatPayException
     */
    public function downloadUrl(
        string $url,
        ?string $to = null,
        ?string $hashType = null,
        ?string $hashValue = null,
        bool $gunzip = false,
        ?callable $progress = null,
    ): mixed {}

    /**
     * The items of a list, over all of its pages: each page is asked for when its first item is.
     *
     * Nothing is sent before, so that what is wrong with the parameters is said there, too.
     *
     * @param array<string, mixed> $params those of the operation; it begins at the page that they name, and its size is theirs
     */
    public function iterate(string $operation, array $params = []): Items {}

    /**
     * Encrypts a field for the platform, for `request()`: operations do it by themselves.
     *
     * @return array{serial: string, ciphertext: string} `serial` names the platform's key that can read it: requests of
     *     this client name it too, as long as they prefer it. `ciphertext` is base64.
     * @throws Exception\InvalidRequestException
     */
    public function encrypt(string $plaintext): array {}

    /**
     * Decrypts a field that the platform encrypted for this merchant: operations do it by themselves.
     *
     * @throws Exception\DecryptException
     */
    public function decrypt(string $ciphertext): string {}

    /**
     * The platform's keys that this client knows, and what became of the last download. Sends nothing.
     *
     * @return array{
     *     keys: list<array{
     *         serial: string,
     *         kind: 'public_key'|'certificate',
     *         not_before?: int,
     *         not_after?: int,
     *         preferred: bool,
     *         source: 'configured'|'downloaded',
     *     }>,
     *     last_refresh?: int,
     *     last_error?: string,
     * } times are Unix seconds; `preferred`: requests name it and encrypt with it
     */
    public function platformKeys(): array {}

    /**
     * Downloads the platform's certificates now, unless that was begun in the last minute; needs `auto_certificates`.
     * Where it fails, the keys known before stay in use.
     *
     * @return array<string, mixed> as of `platformKeys()`
     * @throws Exception\WechatPayException
     */
    public function refreshPlatformKeys(): array {}

    /**
     * All operations, sorted by id.
     *
     * @return list<array{
     *     id: string,
     *     title: string,
     *     method: string,
     *     path: string,
     *     params: list<array{
     *         name: string,
     *         place: 'path'|'query'|'header'|'body',
     *         required: bool,
     *         type: string,
     *         values: list<string>,
     *         encrypted: bool,
     *     }>,
     *     reply: 'empty'|'json'|'file',
     *     idempotent: bool,
     *     read_back: ?string,
     *     doc_url: string,
     * }>
     */
    public static function operations(): array {}

    /**
     * The names of the constructor's options.
     *
     * @return list<string>
     */
    public static function optionNames(): array {}
}

/** A verified reply to `Client::request()`. */
final class Reply
{
    /** HTTP status, 200 to 299. */
    public readonly int $status;

    /** The platform's Request-ID, which its support asks for. */
    public readonly ?string $requestId;

    /**
     * An array where it is JSON, a string where it is not, null where there is none.
     *
     * @var array<mixed>|string|null
     */
    public readonly array|string|null $body;
}
