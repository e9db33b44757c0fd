<?php

/**
 * Receives the notifications of WeChat Pay: php -S 127.0.0.1:8080 notifications.php
 *
 * Takes its keys from the WECHATPAY_* variables: the platform's public key with its id, and the APIv3 key, are enough.
 */

declare(strict_types=1);

use WechatPay\Answer;
use WechatPay\Exception\WechatPayException;
use WechatPay\Notification;
use WechatPay\Notifications;

/** The same notification may come many times, and in parallel: here a program looks whether it has its id already. */
function take(Notification $notification): void
{
    error_log("$notification->id: $notification->event_type");
}

function receive(): Answer
{
    try {
        $notification = Notifications::fromEnv()->parse($_SERVER, file_get_contents('php://input'));
        take($notification);
        return $notification->ack();
    } catch (WechatPayException $error) {
        // Nothing that was not verified is believed, and the platform sends it again.
        error_log($error->getMessage());
        return Notifications::failure('not accepted');
    }
}

$answer = receive();
http_response_code($answer->status);
foreach ($answer->headers as $name => $value) {
    header("$name: $value");
}
echo $answer->body;
