<?php

namespace WechatPay\Exception;

/**
 * Why a call gave no result. `getMessage()` is all of it in one line and holds no secret; `getCode()` is the number of
 * the kind, as in the C library. Printing an exception shows neither value nor detail.
 */
class WechatPayException extends \RuntimeException
{
    protected string $kind = 'internal';

    protected string $errorCode = 'internal';

    protected string $errorMessage = '';

    protected string $retryability = 'never';

    protected bool $mayHaveTakenEffect = false;

    protected ?string $operation = null;

    protected ?int $status = null;

    protected ?string $field = null;

    protected mixed $value = null;

    protected ?string $issue = null;

    protected ?string $location = null;

    protected mixed $detail = null;

    protected ?string $requestId = null;

    protected bool $verified = false;

    protected ?string $checkWith = null;

    protected array $attempts = [];

    /** config, invalid_request, transport, timeout, api, signature, decrypt, integrity, internal. */
    public function getKind(): string {}

    /** The platform's code (`MCH_NOT_EXISTS`; an open set), or the library's own in lower case (`missing_field`). */
    public function getErrorCode(): string {}

    /** What went wrong and what to do, without operation and Request-ID. */
    public function getErrorMessage(): string {}

    /**
     * never; safe: may be repeated after a pause; check_first: query the result before repeating.
     *
     * @return 'never'|'safe'|'check_first'
     */
    public function getRetryability(): string {}

    /** Whether the request may have changed something at the platform all the same. */
    public function mayHaveTakenEffect(): bool {}

    /** Id of the operation, or the method of `request()`. */
    public function getOperation(): ?string {}

    /** HTTP status, where there was a reply. */
    public function getStatus(): ?int {}

    /** The field that was wrong, where it is known: `/body/sub_mchid`, or a parameter or option as you wrote it. */
    public function getField(): ?string {}

    /** Its value, where the platform repeats it. It may be an openid: not for logs. */
    public function getValue(): mixed {}

    /** What was wrong with it. */
    public function getIssue(): ?string {}

    /** Where it stands: body, query, path, authorization. */
    public function getLocation(): ?string {}

    /** All that the platform sent as detail. Not for logs. */
    public function getDetail(): mixed {}

    /** The platform's Request-ID, which its support asks for. */
    public function getRequestId(): ?string {}

    /** Whether the reply that said so was signed by the platform. */
    public function isVerified(): bool {}

    /** Id of the operation that reads back what this one did, where the outcome is unknown and there is one. */
    public function getCheckWith(): ?string {}

    /**
     * Every attempt of the call, in their order; empty where nothing was attempted. They hold nothing of what was sent.
     *
     * @return list<array{
     *     number: int,
     *     host: string,
     *     phase: 'connecting'|'waiting'|'receiving'|'answered',
     *     duration: float,
     *     status: ?int,
     *     code: ?string,
     *     request_id: ?string,
     * }> `phase`: how far it came: connecting (nothing was sent), waiting (sent, no answer), receiving (half a reply),
     *     answered. `duration`: seconds, signing not included. `code`: why no reply came: connect_failed,
     *     connect_timeout, timeout, connection_broken, broken_reply, reply_too_large; of a download also cannot_write and
     *     not_gzip.
     */
    public function getAttempts(): array {}
}

/** The client was built with something missing or wrong; `getField()` names the option. */
class ConfigException extends WechatPayException {}

/** The request was refused before anything was sent; `getField()` names the parameter. */
class InvalidRequestException extends WechatPayException {}

/** The network failed: no connection, or a broken one. */
class TransportException extends WechatPayException {}

/** The time given for the call ran out, or a signal handler gave it up (code `cancelled`). */
class TimeoutException extends TransportException {}

/** The platform answered with an error: see `getStatus()`, `getErrorCode()`, `getRequestId()`. */
class ApiException extends WechatPayException {}

/** A reply whose signature cannot be trusted. */
class SignatureException extends WechatPayException {}

/** An encrypted field that cannot be decrypted. */
class DecryptException extends WechatPayException {}

/** A reply that is not what was promised: not JSON, empty, too large. */
class IntegrityException extends WechatPayException {}

/** A defect of this library. */
class InternalException extends WechatPayException {}
