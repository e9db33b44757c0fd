<?php

/**
 * Receives the notifications of WeChat Pay, each once: php -S 127.0.0.1:8080 receiver.php
 *
 * Takes its keys from the WECHATPAY_* variables: the platform's, and the APIv3 key. WECHATPAY_SEEN_REDIS is the URL of
 * the Redis by which several workers know what has been processed; one worker alone may do without.
 */

declare(strict_types=1);

use WechatPay\Answer;
use WechatPay\Exception\WechatPayException;
use WechatPay\Notification;
use WechatPay\Notifications;
use WechatPay\Seen;

function receive(): Answer
{
    try {
        $redis = getenv('WECHATPAY_SEEN_REDIS');
        // Kept between the requests of a worker.
        $seen = $redis ? Seen::redis($redis) : Seen::memory();
        $notification = Notifications::fromEnv()->parse($_SERVER, file_get_contents('php://input'));
        if ($seen->claim($notification->id)) {
            process($notification, $seen);
        }
        return $notification->ack();
    } catch (WechatPayException $error) {
        error_log("refused: {$error->getErrorCode()}: {$error->getMessage()}");
        return Notifications::failure($error->getErrorCode());
    } catch (Throwable $error) {
        error_log("not processed: {$error->getMessage()}");
        return Notifications::failure('not processed');
    }
}

function process(Notification $notification, Seen $seen): void
{
    try {
        handle($notification);
    } catch (Throwable $error) {
        try {
            $seen->release($notification->id);
        } catch (WechatPayException) {
            // Free again by itself after two minutes.
        }
        throw $error;
    }
    try {
        $seen->done($notification->id);
    } catch (WechatPayException $error) {
        // It has been processed: a failure would bring it again.
        error_log("not remembered: {$error->getErrorCode()}: {$error->getMessage()}");
    }
}

/** The platform waits 5 seconds for the answer: keep it here, in one transaction, and work on it afterwards. */
function handle(Notification $notification): void
{
    $order = $notification->resource['out_trade_no'] ?? throw new DomainException('no order of ours');
    error_log("$notification->id $notification->event_type $order");
}

$answer = receive();
http_response_code($answer->status);
foreach ($answer->headers as $name => $value) {
    header("$name: $value");
}
echo $answer->body;
