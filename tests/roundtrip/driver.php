<?php

/**
 * The round trip's driver in PHP: every call through the method of its operation on a Client.
 *
 * php -d extension=wechatpay driver.php CONFIG CALLS ANSWERS; the program in crates/roundtrip starts it and says what
 * stands in these files.
 */

declare(strict_types=1);

use WechatPay\Client;
use WechatPay\Exception\WechatPayException;

const FLAGS = JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;

function camel(string $segment): string
{
    return preg_replace_callback('/_+(.)/', fn (array $match) => strtoupper($match[1]), $segment);
}

/** A file gets its bytes. */
function argument(mixed $value): mixed
{
    return is_array($value) && array_keys($value) === ['filename', 'content']
        ? ['filename' => $value['filename'], 'content' => base64_decode($value['content'])]
        : $value;
}

function answer(Client $client, string $operation, array $params): array
{
    $steps = array_map(camel(...), explode('.', $operation));
    $method = array_pop($steps);
    $namespace = array_reduce($steps, fn (object $outer, string $step) => $outer->$step, $client);
    try {
        $reply = $namespace->$method(array_map(argument(...), $params));
    } catch (WechatPayException $error) {
        return ['id' => $operation, 'error' => $error->getMessage()];
    }
    return is_string($reply) ? ['id' => $operation, 'file' => bin2hex($reply)] : ['id' => $operation, 'reply' => $reply];
}

[, $config, $calls, $answers] = $argv;
$client = new Client(json_decode(file_get_contents($config), true, flags: JSON_THROW_ON_ERROR));
$out = fopen($answers, 'w');
foreach (file($calls, FILE_IGNORE_NEW_LINES) as $line) {
    [$operation, $params] = explode("\t", $line);
    $params = json_decode($params, true, flags: JSON_THROW_ON_ERROR);
    fwrite($out, json_encode(answer($client, $operation, $params), FLAGS) . "\n");
}
