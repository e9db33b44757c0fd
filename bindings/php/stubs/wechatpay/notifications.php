<?php

namespace WechatPay;

/**
 * Reads what the platform POSTs to a `notify_url`, without any network. `Client::$notifications` is one; made by itself it
 * needs no merchant number and no private key, and leaves fields inside of a resource that are encrypted for the merchant
 * as they are. It cannot be cloned or serialized.
 */
final class Notifications
{
    /**
     * Of the options, the platform's keys and `apiv3_key` are read. It cannot download certificates (`auto_certificates`).
     *
     * @param array<string, mixed> $options those of a client
     * @throws Exception\ConfigException
     */
    public function __construct(array $options) {}

    /**
     * A receiver from the environment: every option is `WECHATPAY_` and its name in upper case.
     *
     * @throws Exception\ConfigException
     */
    public static function fromEnv(): Notifications {}

    /**
     * Verifies, parses and decrypts. To each exception the answer is `failure()`.
     *
     * @param array<mixed> $headers `$_SERVER`, `getallheaders()`, `$request->getHeaders()` or the like: texts or lists of
     *     texts, their names in any case
     * @param string $body the request's body byte for byte: `file_get_contents('php://input')`
     * @throws Exception\InvalidRequestException where the arguments are no headers or no body
     * @throws Exception\SignatureException not signed by the platform, or too long ago; code `probe`: the platform tries
     *     whether you verify
     * @throws Exception\DecryptException encrypted under another APIv3 key
     * @throws Exception\IntegrityException signed, but not what a notification looks like
     */
    public function parse(array $headers, mixed $body): Notification {}

    /** What to answer, within 5 seconds, where a notification has been taken: it does not come again. */
    public static function ack(): Answer {}

    /**
     * What to answer where it has not: it comes again, up to 15 times within a day and a half.
     *
     * @param string $message for the platform's logs
     * @throws Exception\InvalidRequestException where the message is not UTF-8
     */
    public static function failure(string $message): Answer {}
}

/**
 * A verified notification. The same one may come many times, and in parallel: its id tells. Printing it, JSON and casts
 * leave out the resource, which may hold openids; it cannot be serialized.
 */
final class Notification
{
    /** Of this notification; its repetitions have the same. */
    public readonly string $id;

    /** When it was made, RFC 3339. */
    public readonly string $create_time;

    /** What happened, like `TRANSACTION.SUCCESS`; an open set. */
    public readonly string $event_type;

    /** `encrypt-resource`. */
    public readonly ?string $resource_type;

    /** In words, Chinese. */
    public readonly ?string $summary;

    /** What the resource is, like `transaction`. */
    public readonly ?string $original_type;

    /**
     * The decrypted resource; `Events` has its shape for each event type. Whole numbers that PHP has no room for come as
     * strings of digits.
     *
     * @var array<mixed>
     */
    public readonly mixed $resource;

    /** The same as `Notifications::ack()`. */
    public function ack(): Answer {}
}

/** What to say to the platform. */
final class Answer
{
    /** HTTP status. */
    public readonly int $status;

    /**
     * By name.
     *
     * @var array<string, string>
     */
    public readonly array $headers;

    /** Perhaps empty. */
    public readonly string $body;
}
